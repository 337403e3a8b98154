"""A span for each request, as OpenTelemetry's conventions for generative AI name things.

In come exchanges that have ended; out go spans, to a file as JSON lines or to a collector, from a thread of their own.
Easy to get wrong: a span holds no words and no key; and the client's trace goes on in it, by the `traceparent` that
goes to the upstream too, as it came.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import UsageError
from .exchange import Exchange, plain

NAMESPACE = "overture"


class Spans:
    """Sends spans to `place`: the address of an OTLP collector (`http://host:4318/v1/traces`) or a file.

    Raises UsageError where the packages are not here or the file cannot be written.
    """

    def __init__(self, place: str) -> None:
        try:
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
        except ImportError:
            raise UsageError("--otel needs OpenTelemetry: pip install 'overture[serve]'") from None
        self._file = None
        if place.startswith(("http://", "https://")):
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter: Any = OTLPSpanExporter(endpoint=place)
        else:
            try:
                self._file = Path(place).open("a", encoding="utf-8")  # noqa: SIM115 (`close` closes it)
            except OSError as error:
                raise UsageError(f"--otel {place[:200]} cannot be written ({error.strerror})") from None
            exporter = ConsoleSpanExporter(out=self._file, formatter=lambda span: span.to_json(indent=None) + "\n")
        self._provider = TracerProvider(resource=Resource({"service.name": NAMESPACE}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(NAMESPACE)
        self._context = TraceContextTextMapPropagator()

    def add(self, exchange: Exchange) -> None:
        """A request that has ended."""
        from opentelemetry.trace import SpanKind, Status, StatusCode

        model = plain(exchange.model)
        attributes: dict[str, str | int | float | bool] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",  # whose API it is, whoever answers
            "gen_ai.request.model": model,
            "http.response.status_code": exchange.status,
            "overture.id": exchange.id,
            "overture.outcome": exchange.outcome,
            "overture.policy": exchange.policy,
            "overture.shadow": exchange.shadow,
            "overture.upstream_calls": exchange.calls,
        }
        if (moved := exchange.moved) is not None:
            attributes |= {"overture.move": moved.move, "overture.confidence": round(moved.confidence, 4)}
        if exchange.unsteered:
            attributes["overture.unsteered"] = exchange.unsteered
        if exchange.error:
            attributes["error.type"] = exchange.error
        began = int(exchange.at * 1e9)
        parent = self._context.extract({"traceparent": exchange.trace}) if exchange.trace else None
        span = self._tracer.start_span(f"chat {model}".rstrip(), parent, SpanKind.SERVER, attributes, start_time=began)
        if exchange.outcome in ("failed", "upstream_failed"):
            span.set_status(Status(StatusCode.ERROR))
        span.end(began + int(exchange.seconds * 1e9))

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()
        if self._file is not None:
            self._file.close()
