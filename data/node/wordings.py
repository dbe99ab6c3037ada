"""What the words of a refusal mean, and the numbers in them that say how to do better.

Providers word one refusal in dozens of ways, and change the words. Kinds are told by what a
sentence speaks of; the order decides where it speaks of several things: "timeout on the free
tier, please upgrade" is slow, "ranges over 10000 blocks need a paid plan" is a range.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

Kind = Literal["never", "busy", "ahead", "old", "off", "range", "slow", "unclear"]


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# What the chain itself says of a call: a contract's own words may be any.
_OF_A_CALL = _any(r"revert|\bgas\b|\bnonce\b|insufficient funds|opcode")
_MONTH = _any(r"\bmonth")
_RATE = _any(
    r"too many (\w+ )?(requests?|calls|connections|api|queries)\b",
    r"\brate.{0,5}limit",
    r"(call|request|query) rate\b",
    r"\b429\b(?! ?block)",
    r"\b(rps|qps|tps|cups?)\b",
    r"compute.?units? (per|rate|capacity)",
    r"throttl|throughput|\bdaily\b|concurren|slow down|flood|limit will reset",
    r"(per|/|each|every) ?(\d+ ?)?(seconds?|secs?|s|minutes?|min|hours?|days?|24 ?h)\b",
    r"(retry|try.again) (in|after) ?\d",
)
_AHEAD = _any(
    r"beyond.{0,40}(head|latest|tip|newest|current|block)|ahead of",
    r"(header|block|epoch) (\S+ )?(is |was )?not found|unknown block",
    r"block.{0,30}out of (range|bounds)",
    r"(greater|higher|larger|more|newer|later|bigger) than.{0,30}"
    r"(latest|head|current|tip|newest|finali[sz]ed|safe|last)",
    r"after (the )?(last|latest|head|current|newest)|not yet|unfinali[sz]ed|\bfuture\b",
    r"syncing|not (fully )?synced|synchroni[sz]ing|\blag(s|ging)?\b|catching up|behind",
)
_OLD = _any(
    r"\bprun(ed|ing)|missing trie node|too far (in the past|back|behind)|older than",
    r"\b(too|very) old\b",
    r"\barchiv|histor.{0,60}(unavailable|not (available|supported|kept|stored|found)|requir|need)",
    r"no (historical|history|state)|required historical|state histor|ancient|\bretention\b",
    r"\bold (blocks?|data|logs)|missing block (data|bod)",
    r"not? (have |serve |keep |store )?(any )?blocks"
    r" (below|before|prior|older)",
    r"\b(state|receipts?|logs?|bod(y|ies)|blocks? data)\b.{0,60}(unavailable|no longer available"
    r"|not (available|stored|kept|retained))",
    r"(before|below|earlier than|lower than|smaller than|less than|prior to|precedes?).{0,40}"
    r"(earliest|oldest|first|lowest|retain|available|genesis|snapshot)",
    r"(earliest|oldest|lowest) (available |kept |stored |retained |served )?block",
    r"(earliest|oldest|lowest)( available| kept| stored| known)?( one)?( is|:|=) ?#?\d",
    r"(last|latest|most recent) \d[\d,]* blocks|(expired|no longer (kept|stored|retained)).{0,30}"
    r"(block|history)|(block|history).{0,30}(expired|no longer)",
)
_FILTER = _any(
    r"(too many|exceed|max|limit|less|fewer).{0,40}\b(address(es)?|topics)\b",
    r"\b(addresses|topics)\b.{0,40}(exceed|limit|max|too many)",
    r"\d filters\b",
)
_MORE = (
    r"too (wide|large|big|high|long|many|great|broad|far apart)|exceed|limit|max|\bover\b|up to"
    r"|at most|bigger|larger|greater|(more|fewer|less) than|allowed|reduc|small|narrow|short"
    r"|not supported|unsupported|\bonly\b|within|\bwide\b|\bcap|restrict|decreas|lower|split|chunk"
    r"|paid|upgrade|needs?\b|requires?\b|[<>]=? ?\d|should work|must be|between|or less"
)
_RANGE_NOUN = (
    r"\branges?\b|\bblocks\b|block[ -]?(range|span|window|distance|interval|count|limit|diff\w*"
    r"|gap|size)|from ?block|to ?block|block ?numbers|\d ?-?block\b"
)
_RANGE = _any(rf"({_RANGE_NOUN}).{{0,80}}({_MORE})", rf"({_MORE}).{{0,80}}({_RANGE_NOUN})")
_RESULT_NOUN = (
    r"\bresults?\b|\blogs?\b|\bevents?\b|\brecords?\b|\bentries\b|\bbytes?\b|\d ?[kmg]i?b\b"
    r"|\bresponse\b|\bpayload too|\bbody\b|\boutput\b|\bcontent\b|\bentity\b"
    r"|\bsize\b"
)
_RESULTS = _any(
    rf"({_RESULT_NOUN}).{{0,50}}(too (large|big|long|many)|exceed|limit|larger|greater|bigger|max)",
    rf"(too (large|big|long|many)|more than|exceed|limit|larger|greater|bigger|max|cap of)"
    rf".{{0,50}}({_RESULT_NOUN})",
    r"narrow (your|the|down)|result set|too much (data|output)",
)
_SLOW = _any(
    r"tim(ed|es|e)?[ -]?out|deadline|too long|took (too|more|longer|over|\d)|taking (too|longer)",
    r"cancell?ed|aborted|(execution|processing|query) time|too (expensive|complex|heavy)",
    r"time limit",
)
_CREDITS = _any(
    r"(credits?|units).{0,40}(exhaust|deplet|used up|run out|ran out|insufficient|expired)",
    r"(insufficient|out of|no (more|remaining)|not enough) (\w+ )?(credits?|compute units|quota)",
    r"billing|payment|past due|overdue|subscription|top up|not paid",
    r"trial.{0,20}(ended|expired|over)",
    r"(plan|account|tenant|key|token|licen[sc]e|project|app)\b.{0,30}(expired|suspended|disabled"
    r"|deactivated|terminated|inactive|revoked|paused|cancel)",
)
_USAGE = _any(
    r"usage|quota|(request|call|quer(y|ies))s? (limit|count|cap)|reached.{0,40}limit",
    r"limit.{0,12}(hit|reached)",
    r"exceed.{0,40}(requests|calls|capacity)|capacity",
)
_KEY = _any(
    r"api[ _-]?key|access[ _-]?(key|token)|\b(un)?auth(enticat|ori[sz]|\b)",
    r"credential|project.?id|(invalid|wrong) (project|app|token|key|account|jwt)|\bjwt\b",
    r"(project|app|application|account|user|key|tenant) (\S+ )?(not found|does ?n.t exist)",
    r"(token|key) (is |was |has )?(invalid|wrong|missing|required|expired)",
    r"sign ?up|log ?in\b|register (at|for|to)",
)
_OFF = _any(
    r"not (allowed|permitted)|forbidden|denied|whitelist|allowlist|permission|blocked",
    r"(chain|network|method|endpoint|route|eth_\w+)\b.{0,60}(not (found|supported|available"
    r"|enabled|active|recogni[sz]ed|served|exist|implemented)|does ?n.t|does not|unsupported"
    r"|disabled|offline|removed|inactive)",
    r"(unsupported|unknown|invalid|no such) (block)?(chain|network|method|service)",
    r"not supported|unsupported|paying|premium|private|only available|\bended\b",
    r"no longer|deprecat|discontinu|sunset|decommission|retired|shut ?(down|ting)",
    r"route your request|no (upstream|provider|node)s? (found|configured) for|upgrade",
    r"(paid|free|current|your|higher) (\w+ )?(plan|tier)",
)
_BACKEND = _any(r"\bhealthy\b")
_LIMIT = _any(r"limit.{0,12}exceeded|exceed.{0,20}limit|over (the )?limit")
_AGAIN_LATER = r"(try|retry).{0,12}(later|moment|shortly|minute|while)"
# Nobody says so of what is gone for ever.
_PASSES = _any("temporar", _AGAIN_LATER)
_LATER = _any(
    rf"\bbusy\b|overload|under.{{0,15}}\bload\b|maintenance|temporar|{_AGAIN_LATER}",
    r"\d ?s(ec(onds?)?)? (and|before) (try|retry)|requested data is not available",
)
_AHEAD_TOO = _any(r"invalid block range")
_IN_ORDER: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("unclear", _OF_A_CALL),
    ("never", _MONTH),
    ("busy", _RATE),
    ("busy", _any(r"requested data is not available")),
    ("old", _OLD),
    ("ahead", _AHEAD),
    ("off", _FILTER),
    ("range", _RANGE),
    ("range", _RESULTS),
    ("slow", _SLOW),
    ("never", _CREDITS),
    ("busy", _USAGE),
    ("busy", _LATER),
    ("never", _KEY),
    ("off", _OFF),
    ("range", _BACKEND),
    ("range", _LIMIT),
    ("ahead", _AHEAD_TOO),
)
_BY_CODE: dict[object, Kind] = {
    429: "busy", -32029: "busy", -32090: "busy", -32005: "range", -32614: "range", -32701: "range",
    35: "range", 30: "slow", 4444: "old",
}  # fmt: skip

_NUMBER = r"(?<![\w./#-])(?<!\d:)(?:\d{1,3}(?:[.,_'\u2009 ]\d{3})+|\d{1,9}(?:\.\d{1,3})?)"
_MANY = rf"(?P<number>{_NUMBER}|0x[0-9a-f]{{1,6}})(?P<times>\s?(?:k|m|thousand|million))?"
_NO_MORE_DIGITS = r"(?![\w/%]|[.,:-]\d)"
# What else is counted, and by what: 10000 results, 10 seconds, 5 requests.
_OTHER_UNIT = (
    r"(?!\s?(?:[a-z]+[ -])?(?:m?s|secs?|seconds?|min|minutes?|hours?|h|days?|results?|logs?"
    r"|records?|entr(?:y|ies)|events?|items?|bytes?|[kmg]i?b|requests?|reqs?|calls?|rps|credits?|cus?"
    r"|compute|addresses|topics|times|usd|or|rows?|transactions?|txs?)\b)"
)
# What stands between a limit and its number; no other thing that is limited.
_GAP = (
    r"(?:(?!results?|\blogs?\b|size|bytes|time|rate|request limit|credit|topic|address)\D){0,45}?"
)
_LIMIT_WORD = (
    r"(?:between [01] and|limit(?:ed|s)?|max(?:imum)?|up to|at most|allow(?:ed|s)?|supports?|only"
    r"|distance|cap(?:ped)?|within|under|below|[<>]=?|\u2264"
    r"|(?:reduc|lower|narrow|decreas|shrink)\w*\D{1,30}\bto)"
)
_FIRM = re.compile(rf"{_LIMIT_WORD}{_GAP}{_MANY}{_NO_MORE_DIGITS}{_OTHER_UNIT}", re.IGNORECASE)
_LOOSE = re.compile(
    rf"(?:over|than|exceed(?:s|ed|ing)?){_GAP}{_MANY}{_NO_MORE_DIGITS}{_OTHER_UNIT}", re.IGNORECASE
)
_BLOCKS = re.compile(rf"{_MANY}[ -]?(?:blocks?\b|(?:block[ -])?ranges?\b)", re.IGNORECASE)
_SUGGESTED = re.compile(
    r"(0x[0-9a-f]{1,15})\s*(?:,|-|\.\.|to|and)\s*(0x[0-9a-f]{1,15})\b"
    r"|(?:range|blocks?|from)\D{0,12}?(\d{1,15})(?:, |\s*(?:-|\.\.|to|and)\s*)(\d{1,15})\b(?!\.\d)",
    re.IGNORECASE,
)
_TIMES = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}

_SPAN = re.compile(
    r"(?P<number>\d{1,9}(?:\.\d{1,9})?)\s?(?P<unit>ms|milliseconds?|s|secs?|seconds?|m|mins?"
    r"|minutes?|h|hours?)?(?![a-z.])",
    re.IGNORECASE,
)
_WAIT = re.compile(
    r"(?:retry|again|resets?|wait|back ?off)(?P<ms>[ a-z]{0,20}\bms\b)?(?:(?!range)\D){0,30}?"
    r"(?P<span>\d+(?:\.\d+)?\s?(?:[a-z]+)?(?:\d+(?:\.\d+)?[a-z]+)*)(?![\d:.-])",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_UNIT_S = {"m": 60.0, "h": 3_600.0}


def kind_of(text: str, code: object = None) -> Kind:
    """What a refusal speaks of: `busy` and `never` of the endpoint, `off`, `old`, `ahead`, `range`
    and `slow` of what was asked. "unclear" where nobody can tell, or a contract says it."""
    for kind, pattern in _IN_ORDER:
        if pattern.search(text) and not (kind == "old" and _PASSES.search(text)):
            return kind
    return _BY_CODE.get(code, "unclear") if isinstance(code, int) else "unclear"


def suggested_length(text: str, asked_blocks: int) -> int | None:
    """How many blocks a refusal of `asked_blocks` says are allowed; None if it names no smaller
    number.

    Only a length is taken: the ranges that providers suggest are wrong, or move with the head.
    What the text repeats of the question is no answer, and what counts results no length.
    """
    ranges = [
        int(last or "0", 16) - int(first or "0", 16) + 1 if first else int(end) - int(start) + 1
        for first, last, start, end in _SUGGESTED.findall(text)
    ]
    words = _SUGGESTED.sub(" ", text)
    firm = [_count(found) for found in _FIRM.finditer(words)]
    named = [_count(found) for found in _BLOCKS.finditer(words)]
    loose = [_count(found) for found in _LOOSE.finditer(words)]
    # One less than was asked is mostly the question again, counted as to minus from.
    named, loose = ([n for n in some if n < asked_blocks - 1] for some in (named, loose))
    order = (ranges, named) if _RESULTS.search(text) else ([*named, *firm, *loose], ranges)
    for numbers in order:
        fitting = [n for n in numbers if 0 < n < asked_blocks]
        if fitting:
            smaller = [n for n in fitting if n < asked_blocks - 1]
            return min(smaller or fitting)
    return None


def _count(found: re.Match[str]) -> int:
    digits, times = found["number"].lower(), (found["times"] or "").strip().lower()
    if digits.startswith("0x"):
        return int(digits, 16)
    grouped = "" if times else "."
    return int(float(re.sub(rf"[{grouped},_'\u2009 ]", "", digits)) * _TIMES.get(times, 1))


def wait_in_words(text: str, now: datetime | None) -> float | None:
    """In how many seconds a refusal says that one may ask again; a moment counts from `now`."""
    moment = _MOMENT.search(text)
    if moment and re.search("reset|retry|again|until|wait", text, re.IGNORECASE):
        try:
            return _until(datetime.fromisoformat(moment[0]), now)
        except ValueError:  # the thirteenth month
            return None
    found = _WAIT.search(text)
    if not found:
        return None
    seconds = 0.0
    for part in _SPAN.finditer(found["span"]):
        unit = (part["unit"] or ("ms" if found["ms"] else "s")).lower()
        scale = 0.001 if unit.startswith(("ms", "milli")) else _UNIT_S.get(unit[0], 1.0)
        seconds += float(part["number"]) * scale
    return seconds


def wait_in_header(text: str, now: datetime | None) -> float | None:
    """The seconds of a Retry-After header, which are a number or a date."""
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text.strip()):
        return float(text)
    return _until(moment_in_header(text), now)


def moment_in_header(text: str) -> datetime | None:
    """A date in the form of HTTP's headers; None for anything else."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _until(moment: datetime | None, now: datetime | None) -> float | None:
    if moment is None or now is None:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(timedelta(0), moment - now).total_seconds()
