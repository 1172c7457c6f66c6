"""Restore a database as an agent does: look, start once, follow, read the result, know what a failure asks for.

    pip install temporalio
    python restore_database.py agentic INC-4711

INC-4711 is the request that this restore belongs to: started a second time, it attaches to the first.
"""

import asyncio
import sys
import uuid
from typing import Any

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    ChildWorkflowError,
    TimeoutError,
    WorkflowAlreadyStartedError,
)
from temporalio.service import RPCError, RPCStatusCode

QUEUE = "temponest-backups"

# later:   start again after a while; an id whose run failed may be used again
# request: the argument is wrong: correct it, and start again
# backup:  choose another backup ("backup") or another store ("from")
# people:  tell a person what the message says; start again only when they say so
WHAT_TO_DO = {
    "InvalidArgument": "request",
    "TargetExists": "request",
    "BackupNotFound": "backup",
    "ArtifactDamaged": "backup",
    "InventoryMismatch": "backup",
    "ManifestUnreadable": "backup",
    "AlreadyRunning": "later",
    "ServerUnreachable": "later",
    "StoreUnreachable": "later",
    "ApprovalUnavailable": "later",
    "LockTimeout": "later",
    "StagingFull": "later",
    "StagingLost": "later",
    "Stalled": "later",
    "DumpImplausible": "later",
    "ProgramFailed": "later",
    "Unexpected": "later",
    "ApprovalDenied": "people",
    "ApprovalTimedOut": "people",
    "TargetUnfit": "people",
    "DatabaseNotFound": "people",
    "KeyUnusable": "people",
    "StagingTooSmall": "people",
    "InvalidConfiguration": "people",
    "AuthenticationFailed": "people",
    "PermissionDenied": "people",
    "WorkerMissing": "people",
    "ProgramMissing": "people",
    "StoreDenied": "people",
    "StoreNotFound": "people",
}


async def main(database: str, request: str) -> None:
    # TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS_*, TEMPORAL_API_KEY, or a profile of the Temporal CLI
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    workflow_id = f"restore/{database}/{request}"  # one request, one id, one restore
    try:
        handle = await find_started(client, workflow_id)
        if handle is None:
            plan = await read_plan(client, database)
            if not is_fit(plan):
                return
            handle = await start_once(client, workflow_id, plan, request)
        print(f"follow: {workflow_id}")
        report(await follow(handle))
    except WorkflowFailureError as error:
        kind, message = describe(error)
        print(f"failed: {kind}: {message}")
        print(f"what to do: {WHAT_TO_DO.get(kind, 'people')}")


async def find_started(client: Client, workflow_id: str) -> WorkflowHandle[Any, Any] | None:
    """The restore that an earlier start began, unless it has failed."""
    handle = client.get_workflow_handle(workflow_id, result_type=dict[str, Any])
    try:
        status = (await handle.describe()).status
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise
    return handle if status in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED) else None


async def read_plan(client: Client, database: str) -> dict[str, Any]:
    """A dry run touches nothing, so it may run as often as anybody likes."""
    answer = await client.execute_workflow(
        "restoreDatabase",
        {"database": database, "dryRun": True},
        id=f"restore-plan/{database}/{uuid.uuid4()}",
        task_queue=QUEUE,
        result_type=dict[str, Any],
    )
    return answer["plan"]


def is_fit(plan: dict[str, Any]) -> bool:
    backup, missing = plan["backup"], plan["missing"]
    print(f"plan: {backup['id']}, {backup['ageSeconds']} s old, {backup['rows']} rows, from {plan['store']}")
    print(f"plan: makes {plan['into']['database']} on {plan['into']['server']}")
    lacks = missing["roles"] + missing["extensions"]
    if missing["stagingBytes"] > 0:
        lacks.append(f"{missing['stagingBytes']} bytes of staging")
    if lacks:
        print(f"plan: the target lacks {', '.join(lacks)}; a person must provide it")
    return not lacks


async def start_once(
    client: Client, workflow_id: str, plan: dict[str, Any], request: str
) -> WorkflowHandle[Any, Any]:
    """Starts it, or attaches to the start of another agent that was faster."""
    try:
        return await client.start_workflow(
            "restoreDatabase",
            {
                "database": plan["backup"]["database"],
                "backup": plan["backup"]["id"],  # what the plan was about, even if there is a newer one by now
                "requestedBy": "restore-agent",
                "reason": request,
            },
            id=workflow_id,
            task_queue=QUEUE,
            result_type=dict[str, Any],
            # It runs: attach to it. It succeeded: do not do it again. It failed: begin anew.
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
        )
    except WorkflowAlreadyStartedError:
        return client.get_workflow_handle(workflow_id, result_type=dict[str, Any])


async def follow(handle: WorkflowHandle[Any, Any]) -> dict[str, Any]:
    """Says where the restore is until it ends; answers with its result."""
    result = asyncio.create_task(handle.result())
    said = ""
    while not result.done():
        try:
            progress = await handle.query("progress")
            step = progress["step"]
            if step == "approval" and progress["approvals"]["needed"] > 0:
                by = ", ".join(progress["approvals"]["approvedBy"]) or "nobody yet"
                step = f"approval, given by {by}, needed from {progress['approvals']['needed']}"
            if step != said:
                print(f"progress: {step}")
                said = step
        except (RPCError, WorkflowQueryFailedError):
            pass  # no worker answers at this moment; the restore goes on when one does
        await asyncio.wait([result], timeout=1)
    return await result


def report(result: dict[str, Any]) -> None:
    restored = result["restored"]
    print(f"restored: {restored['database']} on {restored['server']}, {restored['rows']} rows, compared")
    for note in restored["notes"]:
        print(f"note: {note}")
    if "replaced" in result:
        print(f"undo: {result['replaced']['undo']}")


def describe(error: WorkflowFailureError) -> tuple[str, str]:
    """The failure that says what happened, below the envelopes that Temporal puts around it."""
    cause: BaseException | None = error.cause
    while isinstance(cause, (ActivityError, ChildWorkflowError)) and cause.cause:
        cause = cause.cause
    if isinstance(cause, ApplicationError):
        return cause.type or "Unexpected", cause.message
    if isinstance(cause, TimeoutError):
        return "Stalled", "a worker went away, or took too long"
    if isinstance(cause, CancelledError):
        return "Cancelled", "somebody cancelled it; it removed what it had made"
    return "Unexpected", str(cause)  # terminated, for one


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
