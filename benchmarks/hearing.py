"""At which threshold does a question reach the part it means, and no other? The offline users' hearing, calibrated.

In come the built-in pairs: each pair's own question is right for its part; those of other domains, and twenty that
pester about anything, are wrong for it. Out comes a table of the shares let in. Easy to get wrong: some of the "wrong"
ones do name the part ("Should it be formal or casual?" where the tone is open), so the last columns are upper bounds.
Run: `python benchmarks/hearing.py`.
"""

from __future__ import annotations

from overture.tasks.listed import questions
from overture.tasks.pairs import task
from overture.tasks.wording import at_large
from overture.users.hearing import THRESHOLD, relevance

THRESHOLDS = (0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.8)
PESTERING = (
    "Is there anything special I should know?", "Could you tell me more?", "What exactly do you need?",
    "Why do you want this?", "How are you today?", "What is your budget?", "What is your favourite colour?",
    "When is your birthday?", "What have you tried so far?", "Who is this for?", "Do you have a deadline?",
    "How old are you?", "What is your email address?", "Which language do you prefer?",
    "Should it be formal or casual?", "What is the weather like where you live?", "Can you clarify what you mean?",
    "Could you give me more details?", "What else do you need?", "Can you tell me more about what you want?",
)  # fmt: skip


def main() -> None:
    items = [item for item in task().items if item.lacking and item.script]
    right: list[float] = []
    others: list[float] = []
    pestering: list[float] = []
    for at, item in enumerate(items):
        part = item.parts[0]
        right.append(max(relevance(question, part, item) for question in questions(item.script.question)))
        for step in range(1, len(items)):
            other = items[(at + step) % len(items)]
            if other.group != item.group:
                others += [relevance(question, part, item) for question in questions(other.script.question)]
        pestering += [0.0 if at_large(question) else relevance(question, part, item) for question in PESTERING]
    print(f"{len(right)} right questions, {len(others)} of other domains, {len(pestering)} pestering")
    print("threshold  right let in  others let in  pestering let in")
    for threshold in THRESHOLDS:
        shares = [sum(score >= threshold for score in each) / len(each) for each in (right, others, pestering)]
        mark = "  ← in use" if threshold == THRESHOLD else ""
        print(f"{threshold:9.2f}  {shares[0]:12.1%}  {shares[1]:13.1%}  {shares[2]:16.1%}{mark}")


if __name__ == "__main__":
    main()
