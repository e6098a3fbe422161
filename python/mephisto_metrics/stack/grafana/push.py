"""Boards and alerts put into a Grafana that is there already, by its HTTP API.

Each thing is looked at first and written only where it differs, so that a second push changes
nothing, and `is_dry_run` can tell what a first would do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.grafana import packaged, provisioning

if TYPE_CHECKING:
    from mephisto_metrics.stack.grafana.api import GrafanaApi
    from mephisto_metrics.stack.grafana.packaged import Json

FOLDER_UID = "mephisto-metrics"
OWN_DATA_SOURCE_UID = "mephisto-metrics"
"""Of the data source that a push makes. Not `prometheus`, which may be the user's own there."""
SECONDS_BY_UNIT = {"s": 1, "m": 60, "h": 3600}
NOT_OURS = ("id", "version")
"""What Grafana counts in a board by itself."""
MESSAGE = "mephisto metrics dashboards push"
SOURCE = {"uid": "", "name": "", "type": ""}
"""What is read of a data source."""


@dataclass(frozen=True)
class Change:
    """What was done, or in a dry run would be done, with one thing."""

    kind: str
    uid: str
    action: str
    """`created`, `updated` or `unchanged`."""


@dataclass(frozen=True)
class Wishes:
    """What is to be there."""

    store_url: str | None
    """Of a data source that is made; None: `data_source_uid` is there."""
    data_source_uid: str | None
    """None: ours, or without `store_url` the only Prometheus, or the default one."""
    scrape_interval_seconds: float
    has_alerts: bool
    is_dry_run: bool


class Push:
    """One push to one Grafana."""

    def __init__(self, api: GrafanaApi, wishes: Wishes) -> None:
        self._api = api
        self._wishes = wishes
        self._changes: list[Change] = []

    def run(self) -> list[Change]:
        """Do it all and return what was done. Raises `StackError` at the first that fails."""
        self._api.check()
        source = self._data_source()
        self._folder()
        for board in packaged.boards().values():
            self._board(packaged.board_over(board, source["uid"], source["name"]))
        if self._wishes.has_alerts:
            for group in packaged.alerts_over(packaged.alerts(), source["uid"])["groups"]:
                self._alert_group(group)
        return self._changes

    def _note(self, kind: str, uid: str, existing: Any | None, is_same: bool) -> bool:
        """Note what is done with a thing; whether anything is to be sent."""
        action = "created" if existing is None else "unchanged" if is_same else "updated"
        self._changes.append(Change(kind, uid, action))
        return action != "unchanged" and not self._wishes.is_dry_run

    def _data_source(self) -> Json:
        wishes = self._wishes
        if wishes.store_url is None:
            return self._found_data_source(wishes.data_source_uid)
        uid = wishes.data_source_uid or OWN_DATA_SOURCE_UID
        wanted = provisioning.data_source_settings(
            uid, wishes.store_url, wishes.scrape_interval_seconds
        )
        if uid != OWN_DATA_SOURCE_UID:
            wanted["name"] += f" ({uid})"  # a name is given once
        path = f"/api/datasources/uid/{_part(uid)}"
        existing = self._api.get(path, SOURCE)
        if existing is not None:
            wanted = _merged(existing, wanted)
        if self._note("data source", uid, existing, _has(existing, wanted)):
            if existing is None:
                self._api.send("POST", "/api/datasources", wanted)
            else:
                self._api.send("PUT", path, {**existing, **wanted})
        return wanted

    def _found_data_source(self, uid: str | None) -> Json:
        if uid is not None:
            found: Json | None = self._api.get(f"/api/datasources/uid/{_part(uid)}", SOURCE)
            if found is None:
                raise StackError(
                    f"{self._api.url} has no data source with the uid `{uid}`",
                    "its uid stands in the address of its page there; or give `--store-url`",
                )
            _check_type(found)
            return found
        listed: list[Json] = self._api.get("/api/datasources", [SOURCE]) or []
        fitting = [each for each in listed if each["type"] == packaged.DATA_SOURCE_TYPE]
        defaults = [each for each in fitting if each.get("isDefault")]
        for candidates in (defaults, fitting):
            if len(candidates) == 1:
                return candidates[0]
        known = ", ".join(f"`{each['uid']}` ({each['name']})" for each in fitting) or "none"
        raise StackError(
            f"it is not clear which data source of {self._api.url} has the metrics; "
            f"of type Prometheus there are: {known}",
            "choose one with `--data-source UID`, or have one made with `--store-url URL`",
        )

    def _folder(self) -> None:
        existing = self._api.get(f"/api/folders/{FOLDER_UID}", {"uid": ""})
        # Its title may have been changed there.
        if self._note("folder", FOLDER_UID, existing, is_same=True):
            value = {"uid": FOLDER_UID, "title": provisioning.FOLDER_TITLE}
            self._api.send("POST", "/api/folders", value)

    def _board(self, board: Json) -> None:
        uid = board["uid"]
        existing = self._api.get(f"/api/dashboards/uid/{_part(uid)}", {"meta": {}, "dashboard": {}})
        is_same = (
            existing is not None
            and existing["meta"].get("folderUid") == FOLDER_UID
            and _without_counters(existing["dashboard"]) == _without_counters(board)
        )
        if self._note("dashboard", uid, existing, is_same):
            value = {
                "dashboard": {**board, "id": None},
                "folderUid": FOLDER_UID,
                "overwrite": True,
                "message": MESSAGE,
            }
            self._api.send("POST", "/api/dashboards/db", value)

    def _alert_group(self, group: Json) -> None:
        path = f"/api/v1/provisioning/folder/{FOLDER_UID}/rule-groups/{_part(group['name'])}"
        existing = self._api.get(path, {"rules": [{"uid": ""}]})
        there = {} if existing is None else {rule["uid"]: rule for rule in existing["rules"]}
        rules = [_api_rule(rule, group["name"], there.get(rule["uid"])) for rule in group["rules"]]
        ours = {rule["uid"] for rule in rules}
        # What is sent replaces the group, and somebody may have put rules of their own into it.
        others = [rule for uid, rule in there.items() if uid not in ours]
        wanted = {
            "title": group["name"],
            "folderUid": FOLDER_UID,
            "interval": _seconds(group["interval"]),
            "rules": rules + others,
        }
        if self._note("alerts", group["name"], existing, _has(existing, wanted)):
            # Without it nobody could change them in Grafana's own pages.
            self._api.send("PUT", path, wanted, X_Disable_Provenance="true")


def _api_rule(rule: Json, group: str, existing: Json | None) -> Json:
    """Return a rule of a provisioning file as the API takes it; one that was paused stays so."""
    in_files_only = {"dashboardUid", "panelId"}  # in the API these are annotations
    kept = {key: value for key, value in rule.items() if key not in in_files_only}
    is_paused = rule["isPaused"] if existing is None else existing.get("isPaused", False)
    return {**kept, "folderUID": FOLDER_UID, "ruleGroup": group, "isPaused": is_paused}


def _seconds(duration: str) -> int:
    return int(duration[:-1]) * SECONDS_BY_UNIT[duration[-1]]


def _without_counters(board: Json) -> Json:
    return {key: value for key, value in board.items() if key not in NOT_OURS}


def _has(existing: Any, wanted: Any) -> bool:
    """Whether `existing` has all of `wanted`; Grafana adds things of its own."""
    if isinstance(wanted, dict):
        return isinstance(existing, dict) and all(
            _has(existing.get(key), value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(existing, list)
            and len(existing) == len(wanted)
            and all(map(_has, existing, wanted))
        )
    return bool(existing == wanted)


def _merged(existing: Json, wanted: Json) -> Json:
    """Return a data source as it shall be, with its name and all that we know nothing of.

    Raises `StackError` if it can not be made so.
    """
    _check_type(existing)
    there = existing.get("jsonData")
    options = {**(there if isinstance(there, dict) else {}), **wanted["jsonData"]}
    merged = {**wanted, "name": existing["name"], "jsonData": options}
    if existing.get("readOnly") and not _has(existing, merged):
        raise StackError(
            f"the data source `{existing['uid']}` was provisioned there by files, and differs from "
            "what is wanted",
            "change it in those files, leave out `--store-url` to use it as it is, or give another "
            "`--data-source` to make one",
        )
    return merged


def _check_type(source: Json) -> None:
    if source["type"] != packaged.DATA_SOURCE_TYPE:
        raise StackError(
            f"the data source `{source['uid']}` is of the type `{source['type']}`",
            "choose one of the type Prometheus, or another uid for one that is made",
        )


def _part(text: str) -> str:
    return quote(text, safe="")
