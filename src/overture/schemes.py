"""How the labels of other published schemes read as moves: the one place where they do.

In comes nothing; out goes `SCHEMES`: name → source and labels, each with the moves that a message so labelled makes.
Easy to get wrong: a scheme that lacks a label drops every message that carries it, so a label that says nothing about
moves stands here too, with none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .moves import MOVES


@dataclass(frozen=True, slots=True)
class Scheme:
    """A published set of labels, read in Overture's words."""

    source: str
    """The paper or corpus the labels come from."""
    labels: Mapping[str, frozenset[str]]
    """Their label → the moves a message so labelled makes. Empty: the label says nothing about moves."""


def _scheme(source: str, labels: Mapping[str, str]) -> Scheme:
    rows = {label: frozenset(moves.split()) for label, moves in labels.items()}
    unknown = frozenset[str]().union(*rows.values()) - MOVES.keys()
    if unknown:
        raise ValueError(f"unknown moves in the mapping of {source}: {sorted(unknown)}")
    return Scheme(source, MappingProxyType(rows))


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "lost_in_conversation": _scheme(
            "Laban et al. 2025, arXiv 2505.06120: seven labels of an assistant's turn",
            {
                "answer-attempt": "execute",
                "clarification": "clarify",
                "interrogation": "elicit",
                "discussion": "inform",
                "hedging": "assume",
                "refuse": "decline",
                "missing": "",
            },
        ),
        "grounding_acts": _scheme(
            "Shaikh et al. 2024, arXiv 2311.09144: three acts that build common ground",
            {
                "clarification": "clarify",
                "acknowledgment": "acknowledge",
                "followup": "probe",
            },
        ),
        "esconv": _scheme(
            "Liu et al. 2021, arXiv 2106.01144: eight support strategies",
            {
                "Question": "probe",
                "Restatement or Paraphrasing": "restate",
                "Reflection of feelings": "empathize",
                "Self-disclosure": "disclose",
                "Affirmation and Reassurance": "encourage",
                "Providing Suggestions": "coach",
                "Information": "inform",
                "Others": "",
            },
        ),
        "cima_tutor": _scheme(
            "Stasaski et al. 2020 (CIMA): the tutor's actions, in the order of the corpus",
            {
                "Question": "probe",
                "Hint": "coach",
                "Correction": "reject inform",
                "Confirmation": "accept",
                "Other": "",
            },
        ),
        "cima_student": _scheme(
            "Stasaski et al. 2020 (CIMA): the student's actions, in the order of the corpus",
            {
                "Guess": "execute",
                "Question": "request",
                "Affirmation": "acknowledge",
                "Other": "",
            },
        ),
        "craigslist": _scheme(
            "He et al. 2018, arXiv 1808.09637: coarse acts of a bargain, with PPDPP's names for the same",
            {
                "intro": "acknowledge",
                "greet": "acknowledge",
                "inquire": "elicit",
                "answer": "inform",
                "inform": "inform",
                "propose": "propose",
                "counter": "propose",
                "counter-noprice": "propose",
                "confirm": "accept",
                "affirm": "accept",
                "agree": "accept",
                "accept": "accept",
                "deny": "decline",
                "disagree": "decline",
                "reject": "decline",
                "quit": "decline",
            },
        ),
        "p4g": _scheme(
            "Wang et al. 2019 (PersuasionForGood), arXiv 1906.06725: persuader's and persuadee's acts",
            {
                "logical-appeal": "position",
                "emotion-appeal": "",
                "credibility-appeal": "inform",
                "foot-in-the-door": "propose",
                "self-modeling": "disclose",
                "personal-story": "disclose",
                "donation-information": "inform",
                "source-related-inquiry": "probe",
                "task-related-inquiry": "probe",
                "personal-related-inquiry": "probe",
                "proposition-of-donation": "propose",
                "ask-donation-amount": "elicit",
                "ask-donate-more": "propose",
                "ask-not-donate-reason": "probe",
                "ask-org-info": "request",
                "ask-donation-procedure": "request",
                "ask-persuader-donation-intention": "probe",
                "praise-user": "encourage",
                "acknowledgement": "acknowledge",
                "greeting": "acknowledge",
                "thank": "acknowledge",
                "you-are-welcome": "acknowledge",
                "closing": "",
                "comment-partner": "",
                "confirm-donation": "check",
                "agree-donation": "accept",
                "disagree-donation": "decline",
                "disagree-donation-more": "decline",
                "provide-donation-amount": "inform",
                "positive-reaction-to-donation": "position",
                "negative-reaction-to-donation": "position",
                "neutral-reaction-to-donation": "",
                "positive-to-inquiry": "inform",
                "negative-to-inquiry": "inform",
                "neutral-to-inquiry": "inform",
                "off-task": "",
                "other": "",
            },
        ),
        "inspired": _scheme(
            "Hayati et al. 2020 (INSPIRED), arXiv 2009.14306: sociable recommendation strategies",
            {
                "personal-opinion": "position",
                "personal-experience": "disclose",
                "similarity": "disclose",
                "self-modeling": "disclose",
                "encouragement": "encourage",
                "offer-help": "trail",
                "preference-confirmation": "check",
                "rephrase-preference": "restate",
                "credibility": "inform",
                "experience-inquiry": "probe",
                "opinion-inquiry": "probe",
                "acknowledgment": "acknowledge",
                "transparency": "disclose",
                "no-strategy": "",
            },
        ),
        "bolt": _scheme(
            "Chiu et al. 2024 (BOLT), arXiv 2401.00820: behaviours of therapists and clients",
            {
                "Questions on Experiences": "probe",
                "Questions on Perspectives": "probe",
                "Questions on Emotions": "probe",
                "Reflections on Emotions": "empathize",
                "Reflections on Needs": "restate",
                "Reflections on Values": "restate",
                "Reflections on Consequences": "restate",
                "Reflections on Conflicts": "restate",
                "Reflections on Strengths": "encourage",
                "Normalizing": "encourage",
                "Psychoeducation": "inform",
                "Problem-Solving": "coach",
                "Planning": "propose",
                "Sharing Negative Emotions": "disclose",
                "Sharing Positive Emotions": "disclose",
                "Sharing Experiences": "disclose",
                "Gained Insights": "acknowledge",
                "Changing Unhealthy Behavior": "disclose",
                "Sustaining Unhealthy Behavior": "disclose",
            },
        ),
    }
)
"""How other schemes read in these words: the one place. A message may make more moves than its label says."""
