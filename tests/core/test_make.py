"""The factories make what reading would: a plain mail is decided like one."""

from tests.kit.make import acks, decided, facts, mail, notices


def test_a_plain_mail_opens_a_case() -> None:
    """A new case gets a number, one acknowledgement to its author and one notice to its agent."""
    plan = decided(mail(), facts())
    assert (plan.outcome, plan.case, len(acks(plan)), len(notices(plan, "assignment"))) == ("new", 2000, 1, 1)
