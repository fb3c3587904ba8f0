"""The routes of administrators over users, jobs and queues in words, in the order of the reference."""

from tools.reference.words import Operation

USER = {200: "The user, with what is used of the running period."}

OPERATING = {
    "GET /v1/admin/users": Operation(
        "Administration",
        "listUsers",
        "List all users",
        {200: "A page, newest first. Nobody's address or telephone number is in it."},
    ),
    "GET /v1/admin/users/{owner}": Operation("Administration", "getUser", "Get a user", USER),
    "PATCH /v1/admin/users/{owner}": Operation(
        "Administration",
        "updateUser",
        "Say a user's role, plan or extra images",
        USER,
        "A JSON merge patch (RFC 7396): what is not named stays, `null` takes back what was said. In force for the "
        "user's next request. Nobody changes their own role. What changes nothing is not in the audit log.",
        ("own_role", "conflict", "version_conflict"),
        counted=True,
    ),
    "GET /v1/admin/jobs": Operation(
        "Administration",
        "listAllJobs",
        "List jobs of all owners",
        {200: "A page, newest first. It may be short and still have a `next_cursor`."},
        "Without `status`: what is unfinished and what failed. `older_than` is a span (`900`, `900s`, `15m`, `2h`, "
        "`3d`, `1w`, `PT15M`, `P3D`) or a time in RFC 3339: unfinished jobs count from when they came into their "
        "state, others from when they were made. Lists come from an index that is behind by a moment; "
        "of very many unfinished jobs those are listed that are due first.",
    ),
    "GET /v1/admin/jobs/{job_id}": Operation(
        "Administration", "getAnyJob", "Get anybody's job", {200: "The job, without its prompt."}
    ),
    "POST /v1/admin/jobs/{job_id}/retry": Operation(
        "Administration",
        "retryAnyJob",
        "Try anybody's failed or canceled job again",
        {201: "A new job of the same owner; its `parent_job_id` is the old one."},
        "On the owner's terms: their plan, their quota, their period.",
        (
            "quota_exceeded",
            "conflict",
            "job_not_retryable",
            "image_not_ready",
            "too_many_waiting_jobs",
            "version_conflict",
        ),
        creates=True,
    ),
    "GET /v1/admin/queues": Operation(
        "Administration",
        "listQueues",
        "What is in the queues",
        {200: "Both queues of work and the three of dead letters."},
    ),
    "GET /v1/admin/queues/{name}/messages": Operation(
        "Administration",
        "listDeadLetters",
        "Look into a queue of dead letters",
        {200: "Some of the letters, longest dead first, reduced to ids. They stay where they are."},
        "The name of a queue of work stands for its own dead letters.",
    ),
    "POST /v1/admin/queues/{name}/redrive": Operation(
        "Administration",
        "redriveDeadLetters",
        "Send dead letters back to where they failed",
        {200: "What was moved. Send it again while something is `left`."},
        "The name of a queue of work stands for its own dead letters. For ten seconds at most. "
        "`stage_dead_letters` and `result_dead_letters` go back into their queues; of `event_dead_letters` the "
        "function that failed is called again with its event. What cannot be moved back, such as changes of the "
        "table, is skipped, or with `discard` deleted. A letter may be moved twice: whoever reads it "
        "does nothing twice.",
        counted=True,
    ),
}
