#!/usr/bin/env python3
"""Cases for the arithmetic of schedules, answered by croniter and by robfig/cron.

    croniter_cases.py questions            the questions, one JSON object a line
    croniter_cases.py answers ROBFIG       the fixture: croniter's answers; where robfig/cron (file ROBFIG, the answers
                                           of main.go) differs, its own as well, and why
"""
import datetime
import json
import sys
import zoneinfo

SCHEDULES = [
    # Every kind of step, range, list and name.
    "* * * * *", "*/7 * * * *", "13-47/11 * * * *", "5/20 * * * *", "0,15,30,45 */3 * * *", "0 9-17/2 * * *",
    "15 8,12,18 * * mon-fri", "30 4 * * SUN", "0 6 * jan,apr,Jul,oct *", "0 6 1 1-12/3 *", "45 23 * feb-apr tue,THU",
    # Days that not every month or year has.
    "0 0 31 * *", "0 0 30 * *", "30 12 29 2 *", "0 3 29-31 * *", "0 0 29 feb *",
    # Day of month or day of week, or both.
    "0 4 13 * 5", "0 4 1,15 * mon", "0 4 * * 2", "0 4 10-20/5 * *",
    # The hours in which clocks change, in each of the zones.
    "30 1 * * *", "30 2 * * *", "0 2 * * *", "0 3 * * *", "0 1 * * *", "*/30 1-3 * * *", "45 2 * * sun", "0 * * * *",
    # Macros.
    "@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually",
]

# Around a leap day, the ends of a year and of a month, and both changes of clocks.
STARTS = {
    "Europe/Berlin": ["2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z", "2027-12-31T22:59:30Z"],
    "America/New_York": ["2027-03-13T12:00:00Z", "2026-10-31T16:00:00Z", "2028-02-28T17:20:00Z"],
    "Etc/UTC": ["2028-02-28T23:59:00Z", "2026-11-21T20:30:00Z", "2099-12-31T23:30:00Z"],
}


def questions():
    for zone, starts in STARTS.items():
        for after in starts:
            for schedule in SCHEDULES:
                yield {"schedule": schedule, "zone": zone, "after": after}


def utc(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def croniter_answer(question):
    from croniter import croniter

    zone = zoneinfo.ZoneInfo(question["zone"])
    after = datetime.datetime.strptime(question["after"], "%Y-%m-%dT%H:%M:%S%z").astimezone(zone)
    runs = croniter(question["schedule"], after, ret_type=datetime.datetime)
    return [utc(runs.get_next()) for _ in range(5)]


def changes(zone, first, last):
    """The instants between two at which the zone's offset changes."""
    zone, moment, result = zoneinfo.ZoneInfo(zone), first, []
    while moment < last:
        after = moment + datetime.timedelta(minutes=30)
        before_offset, after_offset = (m.astimezone(zone).utcoffset() for m in (moment, after))
        if before_offset != after_offset:
            result.append((after, after_offset > before_offset))
        moment = after
    return result


def why(question, ours, theirs):
    """Names the change of clocks that explains a difference; a difference that none explains is an error."""
    differing = sorted(set(ours) ^ set(theirs))
    parse = lambda text: datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
    first = parse(differing[0])
    day = datetime.timedelta(days=1)
    found = changes(question["zone"], first - day, first + day)
    if not found:
        raise SystemExit(f"no change of clocks explains {question}: croniter {theirs}, robfig {ours}")
    if found[0][1]:
        return "clocks go forward: croniter moves a run out of the skipped hour, robfig/cron has none"
    return "clocks go back: croniter has one run in the repeated hour, robfig/cron two"


def answers(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            robfig = row.pop("next")
            row["next"] = croniter_answer(row)
            if row["next"] != robfig:
                row["robfig"] = robfig
                row["why"] = why(row, robfig, row["next"])
            yield row


if __name__ == "__main__":
    if sys.argv[1:] == ["questions"]:
        rows = questions()
    elif len(sys.argv) == 3 and sys.argv[1] == "answers":
        rows = answers(sys.argv[2])
    else:
        raise SystemExit(__doc__)
    for row in rows:
        print(json.dumps(row, separators=(",", ":")))
