-- The single-tenant schema of FlakeGuard, as its migrations leave it. What Prisma can say stands in
-- prisma/schema.prisma as well; a test compares the two on a real PostgreSQL.

create type "AccountKind" as enum ('user', 'organization');
create type "RunConclusion" as enum ('success', 'failure', 'cancelled', 'timed_out');
create type "JobStatus" as enum ('queued', 'in_progress', 'completed');
create type "TestStatus" as enum ('passed', 'failed', 'error', 'skipped');
create type "FlakeKind" as enum ('retry_passed', 'same_commit', 'timing', 'order_dependent');
create type "IssueProvider" as enum ('github', 'jira', 'linear');
create type "IngestionState" as enum ('pending', 'running', 'done', 'dead');
create type "TaskStatus" as enum ('open', 'in_progress', 'done', 'wont_fix');
create type "TaskPriority" as enum ('low', 'medium', 'high', 'urgent');
create type "NotificationKind" as enum ('task_assigned', 'flake_detected', 'quarantine_expired');

-- People

create table "User" (
  "id" text not null,
  "email" text not null,
  "login" text not null,
  "name" text,
  "avatarUrl" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "User_pkey" primary key ("id")
);
create unique index "User_email_key" on "User" ("email");
create unique index "User_login_key" on "User" ("login");

create table "Session" (
  "id" text not null,
  "userId" text not null,
  "tokenHash" bytea not null,
  "userAgent" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "expiresAt" timestamp(3) not null,
  constraint "Session_pkey" primary key ("id")
);
create unique index "Session_tokenHash_key" on "Session" ("tokenHash");
create index "Session_userId_idx" on "Session" ("userId");

create table "ApiToken" (
  "id" text not null,
  "userId" text not null,
  "name" text not null,
  "tokenHash" bytea not null,
  "scopes" text[],
  "createdAt" timestamp(3) not null default current_timestamp,
  "lastUsedAt" timestamp(3),
  "revokedAt" timestamp(3),
  constraint "ApiToken_pkey" primary key ("id")
);
create unique index "ApiToken_tokenHash_key" on "ApiToken" ("tokenHash");
create unique index "ApiToken_userId_name_key" on "ApiToken" ("userId", "name");

-- What GitHub tells

create table "Installation" (
  "id" text not null,
  "githubId" bigint not null,
  "accountLogin" text not null,
  "accountKind" "AccountKind" not null,
  "permissions" jsonb not null default '{}',
  "events" text[],
  "suspendedAt" timestamp(3),
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "Installation_pkey" primary key ("id")
);
create unique index "Installation_githubId_key" on "Installation" ("githubId");
create unique index "Installation_accountLogin_key" on "Installation" ("accountLogin");

create table "Repository" (
  "id" text not null,
  "installationId" text not null,
  "githubId" bigint not null,
  "fullName" text not null,
  "defaultBranch" text not null default 'main',
  "isPrivate" boolean not null default false,
  "topics" text[],
  "archivedAt" timestamp(3),
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "Repository_pkey" primary key ("id")
);
create unique index "Repository_githubId_key" on "Repository" ("githubId");
create unique index "Repository_fullName_key" on "Repository" ("fullName");
create index "Repository_installationId_idx" on "Repository" ("installationId");

create table "RepositorySettings" (
  "repositoryId" text not null,
  "flakeThreshold" numeric(5, 4) not null default 0.05,
  "windowDays" integer not null default 14,
  "autoQuarantine" boolean not null default false,
  "ignoredBranches" text[] default array[]::text[],
  "reportFormat" jsonb not null default '{"kind": "junit"}',
  "lastTaskNumber" integer not null default 0,
  "updatedAt" timestamp(3) not null,
  constraint "RepositorySettings_pkey" primary key ("repositoryId")
);

create table "WebhookDelivery" (
  "id" text not null,
  "installationId" text,
  "deliveryGuid" uuid not null,
  "event" text not null,
  "action" text,
  "payload" jsonb not null,
  "receivedAt" timestamptz(6) not null default current_timestamp,
  "processedAt" timestamptz(6),
  constraint "WebhookDelivery_pkey" primary key ("id")
);
create unique index "WebhookDelivery_deliveryGuid_key" on "WebhookDelivery" ("deliveryGuid");
create index "WebhookDelivery_installationId_receivedAt_idx" on "WebhookDelivery" ("installationId", "receivedAt" desc);

create table "WorkflowRun" (
  "id" text not null,
  "repositoryId" text not null,
  "githubId" bigint not null,
  "workflowName" text not null,
  "runNumber" integer not null,
  "attempt" integer not null default 1,
  "branch" text not null,
  "headSha" char(40) not null,
  "event" text not null,
  "conclusion" "RunConclusion",
  "startedAt" timestamp(3) not null,
  "finishedAt" timestamp(3),
  constraint "WorkflowRun_pkey" primary key ("id")
);
create unique index "WorkflowRun_githubId_key" on "WorkflowRun" ("githubId");
create index "WorkflowRun_repositoryId_startedAt_idx" on "WorkflowRun" ("repositoryId", "startedAt" desc);
create unique index "WorkflowRun_repositoryId_workflowName_runNumber_attempt_key"
  on "WorkflowRun" ("repositoryId", "workflowName", "runNumber", "attempt");

create table "WorkflowJob" (
  "id" text not null,
  "workflowRunId" text not null,
  "githubId" bigint not null,
  "name" text not null,
  "status" "JobStatus" not null default 'queued',
  "conclusion" "RunConclusion",
  "runnerLabels" text[],
  "startedAt" timestamp(3),
  "finishedAt" timestamp(3),
  constraint "WorkflowJob_pkey" primary key ("id")
);
create unique index "WorkflowJob_githubId_key" on "WorkflowJob" ("githubId");
create index "WorkflowJob_workflowRunId_idx" on "WorkflowJob" ("workflowRunId");

create table "CheckRun" (
  "id" text not null,
  "repositoryId" text not null,
  "workflowJobId" text,
  "githubId" bigint not null,
  "name" text not null,
  "status" "JobStatus" not null,
  "conclusion" "RunConclusion",
  "output" jsonb,
  "completedAt" timestamp(3),
  constraint "CheckRun_pkey" primary key ("id")
);
create unique index "CheckRun_githubId_key" on "CheckRun" ("githubId");
create index "CheckRun_repositoryId_name_idx" on "CheckRun" ("repositoryId", "name");
create index "CheckRun_workflowJobId_idx" on "CheckRun" ("workflowJobId");

create table "Artifact" (
  "id" text not null,
  "workflowRunId" text not null,
  "name" text not null,
  "sizeBytes" bigint not null,
  "digest" bytea,
  "expiresAt" timestamp(3),
  "createdAt" timestamp(3) not null default current_timestamp,
  constraint "Artifact_pkey" primary key ("id")
);
create unique index "Artifact_workflowRunId_name_key" on "Artifact" ("workflowRunId", "name");

create table "IngestionJob" (
  "id" serial not null,
  "repositoryId" text not null,
  "artifactId" text,
  "state" "IngestionState" not null default 'pending',
  "attempts" integer not null default 0,
  "lastError" text,
  "payload" jsonb not null,
  "runAfter" timestamp(3) not null default current_timestamp,
  "createdAt" timestamp(3) not null default current_timestamp,
  constraint "IngestionJob_pkey" primary key ("id")
);
create index "IngestionJob_repositoryId_idx" on "IngestionJob" ("repositoryId");
create index "IngestionJob_artifactId_idx" on "IngestionJob" ("artifactId");

-- Tests and what they did

create table "TestSuite" (
  "id" text not null,
  "repositoryId" text not null,
  "name" text not null,
  "filePath" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  constraint "TestSuite_pkey" primary key ("id")
);
create unique index "TestSuite_repositoryId_name_key" on "TestSuite" ("repositoryId", "name");

create table "TestCase" (
  "id" text not null,
  "repositoryId" text not null,
  "testSuiteId" text,
  "suite" text not null,
  "name" text not null,
  "tags" text[],
  "firstSeenAt" timestamp(3) not null default current_timestamp,
  "lastSeenAt" timestamp(3) not null default current_timestamp,
  constraint "TestCase_pkey" primary key ("id")
);
create index "TestCase_testSuiteId_idx" on "TestCase" ("testSuiteId");
create index "TestCase_tags_idx" on "TestCase" using gin ("tags");
create unique index "TestCase_repositoryId_suite_name_key" on "TestCase" ("repositoryId", "suite", "name");

create table "TestResult" (
  "id" text not null,
  "testCaseId" text not null,
  "workflowJobId" text not null,
  "attempt" integer not null default 1,
  "status" "TestStatus" not null,
  "durationMs" double precision not null,
  "failureMessage" text,
  "startedAt" timestamp(3) not null,
  constraint "TestResult_pkey" primary key ("id")
);
create index "TestResult_testCaseId_startedAt_idx" on "TestResult" ("testCaseId", "startedAt" desc);
create index "TestResult_startedAt_id_idx" on "TestResult" ("startedAt" desc, "id");
create unique index "TestResult_workflowJobId_testCaseId_attempt_key"
  on "TestResult" ("workflowJobId", "testCaseId", "attempt");

create table "FlakeDetection" (
  "id" text not null,
  "testCaseId" text not null,
  "kind" "FlakeKind" not null,
  "confidence" numeric(5, 4) not null,
  "evidence" jsonb not null,
  "detectedAt" timestamp(3) not null default current_timestamp,
  "resolvedAt" timestamp(3),
  constraint "FlakeDetection_pkey" primary key ("id")
);
create index "FlakeDetection_testCaseId_detectedAt_idx" on "FlakeDetection" ("testCaseId", "detectedAt" desc);

create table "Occurrence" (
  "id" text not null,
  "flakeDetectionId" text not null,
  "testResultId" text not null,
  "seenAt" timestamp(3) not null default current_timestamp,
  constraint "Occurrence_pkey" primary key ("id")
);
create unique index "Occurrence_testResultId_key" on "Occurrence" ("testResultId");
create index "Occurrence_flakeDetectionId_idx" on "Occurrence" ("flakeDetectionId");

create table "FlakeScore" (
  "id" text not null,
  "testCaseId" text not null,
  "day" date not null,
  "runs" integer not null,
  "failures" integer not null,
  "score" numeric(5, 4) not null,
  constraint "FlakeScore_pkey" primary key ("id")
);
create index "FlakeScore_day_score_idx" on "FlakeScore" ("day", "score" desc);
create unique index "FlakeScore_testCaseId_day_key" on "FlakeScore" ("testCaseId", "day");

create table "QuarantineDecision" (
  "id" text not null,
  "testCaseId" text not null,
  "decidedById" text,
  "reason" text not null,
  "decidedAt" timestamp(3) not null default current_timestamp,
  "expiresAt" timestamp(3),
  "liftedAt" timestamp(3),
  constraint "QuarantineDecision_pkey" primary key ("id")
);
create index "QuarantineDecision_testCaseId_idx" on "QuarantineDecision" ("testCaseId");
create index "QuarantineDecision_decidedById_idx" on "QuarantineDecision" ("decidedById");

create table "IssueLink" (
  "id" text not null,
  "testCaseId" text not null,
  "flakeDetectionId" text,
  "provider" "IssueProvider" not null,
  "externalId" text not null,
  "url" text not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  constraint "IssueLink_pkey" primary key ("id")
);
create index "IssueLink_testCaseId_idx" on "IssueLink" ("testCaseId");
create index "IssueLink_flakeDetectionId_idx" on "IssueLink" ("flakeDetectionId");
create unique index "IssueLink_provider_externalId_key" on "IssueLink" ("provider", "externalId");

create table "FailureCluster" (
  "id" text not null,
  "repositoryId" text not null,
  "signature" text not null,
  "title" text not null,
  "centroid" double precision[],
  "firstSeenAt" timestamp(3) not null default current_timestamp,
  "lastSeenAt" timestamp(3) not null default current_timestamp,
  constraint "FailureCluster_pkey" primary key ("id")
);
create unique index "FailureCluster_repositoryId_signature_key" on "FailureCluster" ("repositoryId", "signature");

create table "FailureClusterMember" (
  "failureClusterId" text not null,
  "testResultId" text not null,
  "similarity" double precision not null,
  constraint "FailureClusterMember_pkey" primary key ("failureClusterId", "testResultId")
);
create index "FailureClusterMember_testResultId_idx" on "FailureClusterMember" ("testResultId");

-- What people do about it

create table "Task" (
  "id" text not null,
  "repositoryId" text not null,
  "parentId" text,
  "testCaseId" text,
  "creatorId" text not null,
  "assigneeId" text,
  "number" integer not null,
  "title" text not null,
  "body" text not null default '',
  "status" "TaskStatus" not null default 'open',
  "priority" "TaskPriority" not null default 'medium',
  "dueOn" date,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "Task_pkey" primary key ("id")
);
create index "Task_parentId_idx" on "Task" ("parentId");
create index "Task_testCaseId_idx" on "Task" ("testCaseId");
create index "Task_creatorId_idx" on "Task" ("creatorId");
create index "Task_assigneeId_status_idx" on "Task" ("assigneeId", "status");
create unique index "Task_repositoryId_number_key" on "Task" ("repositoryId", "number");

create table "TaskComment" (
  "id" text not null,
  "taskId" text not null,
  "authorId" text,
  "body" text not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  "editedAt" timestamp(3),
  constraint "TaskComment_pkey" primary key ("id")
);
create index "TaskComment_taskId_createdAt_idx" on "TaskComment" ("taskId", "createdAt");
create index "TaskComment_authorId_idx" on "TaskComment" ("authorId");

create table "Label" (
  "id" text not null,
  "repositoryId" text not null,
  "name" text not null,
  "color" char(6) not null default 'ededed',
  constraint "Label_pkey" primary key ("id")
);
create unique index "Label_repositoryId_name_key" on "Label" ("repositoryId", "name");

create table "Notification" (
  "id" text not null,
  "userId" text not null,
  "taskId" text,
  "kind" "NotificationKind" not null,
  "payload" jsonb not null default '{}',
  "createdAt" timestamp(3) not null default current_timestamp,
  "readAt" timestamp(3),
  constraint "Notification_pkey" primary key ("id")
);
create index "Notification_userId_createdAt_idx" on "Notification" ("userId", "createdAt" desc);
create index "Notification_taskId_idx" on "Notification" ("taskId");

create table "_TaskLabels" (
  "A" text not null,
  "B" text not null,
  constraint "_TaskLabels_AB_pkey" primary key ("A", "B")
);
create index "_TaskLabels_B_index" on "_TaskLabels" ("B");

-- Relations

alter table "Session" add constraint "Session_userId_fkey" foreign key ("userId")
  references "User" ("id") on delete cascade on update cascade;
alter table "ApiToken" add constraint "ApiToken_userId_fkey" foreign key ("userId")
  references "User" ("id") on delete cascade on update cascade;
alter table "Repository" add constraint "Repository_installationId_fkey" foreign key ("installationId")
  references "Installation" ("id") on delete restrict on update cascade;
alter table "RepositorySettings" add constraint "RepositorySettings_repositoryId_fkey" foreign key ("repositoryId")
  references "Repository" ("id") on delete cascade on update cascade;
alter table "WebhookDelivery" add constraint "WebhookDelivery_installationId_fkey" foreign key ("installationId")
  references "Installation" ("id") on delete set null on update cascade;
alter table "WorkflowRun" add constraint "WorkflowRun_repositoryId_fkey" foreign key ("repositoryId")
  references "Repository" ("id") on delete cascade on update cascade;
alter table "WorkflowJob" add constraint "WorkflowJob_workflowRunId_fkey" foreign key ("workflowRunId")
  references "WorkflowRun" ("id") on delete cascade on update cascade;
alter table "CheckRun" add constraint "CheckRun_repositoryId_fkey" foreign key ("repositoryId")
  references "Repository" ("id") on delete cascade on update cascade;
alter table "CheckRun" add constraint "CheckRun_workflowJobId_fkey" foreign key ("workflowJobId")
  references "WorkflowJob" ("id") on delete set null on update cascade;
alter table "Artifact" add constraint "Artifact_workflowRunId_fkey" foreign key ("workflowRunId")
  references "WorkflowRun" ("id") on delete cascade on update cascade;
alter table "IngestionJob" add constraint "IngestionJob_repositoryId_fkey" foreign key ("repositoryId")
  references "Repository" ("id") on delete cascade on update cascade;
alter table "IngestionJob" add constraint "IngestionJob_artifactId_fkey" foreign key ("artifactId")
  references "Artifact" ("id") on delete set null on update cascade;
alter table "TestSuite" add constraint "TestSuite_repositoryId_fkey" foreign key ("repositoryId")
  references "Repository" ("id") on delete cascade on update cascade;
alter table "TestCase" add constraint "TestCase_repositoryId_fkey" foreign key ("repositoryId")
  references "Repository" ("id") on delete cascade on update cascade;
alter table "TestCase" add constraint "TestCase_testSuiteId_fkey" foreign key ("testSuiteId")
  references "TestSuite" ("id") on delete set null on update cascade;
alter table "TestResult" add constraint "TestResult_testCaseId_fkey" foreign key ("testCaseId")
  references "TestCase" ("id") on delete cascade on update cascade;
alter table "TestResult" add constraint "TestResult_workflowJobId_fkey" foreign key ("workflowJobId")
  references "WorkflowJob" ("id") on delete cascade on update cascade;
alter table "FlakeDetection" add constraint "FlakeDetection_testCaseId_fkey" foreign key ("testCaseId")
  references "TestCase" ("id") on delete cascade on update cascade;
alter table "Occurrence" add constraint "Occurrence_flakeDetectionId_fkey" foreign key ("flakeDetectionId")
  references "FlakeDetection" ("id") on delete cascade on update cascade;
alter table "Occurrence" add constraint "Occurrence_testResultId_fkey" foreign key ("testResultId")
  references "TestResult" ("id") on delete cascade on update cascade;
alter table "FlakeScore" add constraint "FlakeScore_testCaseId_fkey" foreign key ("testCaseId")
  references "TestCase" ("id") on delete cascade on update cascade;
alter table "QuarantineDecision" add constraint "QuarantineDecision_testCaseId_fkey" foreign key ("testCaseId")
  references "TestCase" ("id") on delete cascade on update cascade;
alter table "QuarantineDecision" add constraint "QuarantineDecision_decidedById_fkey" foreign key ("decidedById")
  references "User" ("id") on delete set null on update cascade;
alter table "IssueLink" add constraint "IssueLink_testCaseId_fkey" foreign key ("testCaseId")
  references "TestCase" ("id") on delete cascade on update cascade;
alter table "IssueLink" add constraint "IssueLink_flakeDetectionId_fkey" foreign key ("flakeDetectionId")
  references "FlakeDetection" ("id") on delete set null on update cascade;
alter table "FailureCluster" add constraint "FailureCluster_repositoryId_fkey" foreign key ("repositoryId")
  references "Repository" ("id") on delete cascade on update cascade;
alter table "FailureClusterMember" add constraint "FailureClusterMember_failureClusterId_fkey" foreign key ("failureClusterId")
  references "FailureCluster" ("id") on delete cascade on update cascade;
alter table "FailureClusterMember" add constraint "FailureClusterMember_testResultId_fkey" foreign key ("testResultId")
  references "TestResult" ("id") on delete cascade on update cascade;
alter table "Task" add constraint "Task_repositoryId_fkey" foreign key ("repositoryId")
  references "Repository" ("id") on delete cascade on update cascade;
alter table "Task" add constraint "Task_parentId_fkey" foreign key ("parentId")
  references "Task" ("id") on delete set null on update cascade;
alter table "Task" add constraint "Task_testCaseId_fkey" foreign key ("testCaseId")
  references "TestCase" ("id") on delete set null on update cascade;
alter table "Task" add constraint "Task_creatorId_fkey" foreign key ("creatorId")
  references "User" ("id") on delete restrict on update cascade;
alter table "Task" add constraint "Task_assigneeId_fkey" foreign key ("assigneeId")
  references "User" ("id") on delete set null on update cascade;
alter table "TaskComment" add constraint "TaskComment_taskId_fkey" foreign key ("taskId")
  references "Task" ("id") on delete cascade on update cascade;
alter table "TaskComment" add constraint "TaskComment_authorId_fkey" foreign key ("authorId")
  references "User" ("id") on delete set null on update cascade;
alter table "Label" add constraint "Label_repositoryId_fkey" foreign key ("repositoryId")
  references "Repository" ("id") on delete cascade on update cascade;
alter table "Notification" add constraint "Notification_userId_fkey" foreign key ("userId")
  references "User" ("id") on delete cascade on update cascade;
alter table "Notification" add constraint "Notification_taskId_fkey" foreign key ("taskId")
  references "Task" ("id") on delete cascade on update cascade;
alter table "_TaskLabels" add constraint "_TaskLabels_A_fkey" foreign key ("A")
  references "Label" ("id") on delete cascade on update cascade;
alter table "_TaskLabels" add constraint "_TaskLabels_B_fkey" foreign key ("B")
  references "Task" ("id") on delete cascade on update cascade;

-- What Prisma cannot say: partial and expression indexes, a check, a view, functions

create unique index "User_email_lower_key" on "User" (lower("email"));
create index "Repository_fullName_lower_idx" on "Repository" (lower("fullName"));
create index "TestResult_failed_idx" on "TestResult" ("testCaseId", "startedAt" desc)
  where "status" in ('failed', 'error');
create index "IngestionJob_pending_idx" on "IngestionJob" ("runAfter") where "state" = 'pending';
create unique index "QuarantineDecision_active_key" on "QuarantineDecision" ("testCaseId") where "liftedAt" is null;

alter table "FlakeScore" add constraint "FlakeScore_score_check" check ("score" between 0 and 1);

create view "FlakiestTests" as
  select
    c."id" as "testCaseId",
    c."repositoryId",
    c."suite",
    c."name",
    count(*)::integer as "runs",
    (count(*) filter (where r."status" in ('failed', 'error')))::integer as "failures",
    (count(*) filter (where r."status" in ('failed', 'error')))::double precision / count(*) as "failureRate",
    (max(r."startedAt") filter (where r."status" in ('failed', 'error')))::timestamp(3) as "lastFailedAt",
    exists (
      select from "QuarantineDecision" q where q."testCaseId" = c."id" and q."liftedAt" is null
    ) as "quarantined"
  from "TestCase" c
  join "TestResult" r on r."testCaseId" = c."id"
  where r."status" <> 'skipped'
  group by c."id", c."repositoryId", c."suite", c."name"
  having bool_or(r."status" in ('failed', 'error')) and bool_or(r."status" = 'passed');

create function "failureRate"(repository text, since timestamp) returns double precision
  language sql stable
  as $function$
    select coalesce(avg((r."status" in ('failed', 'error'))::integer), 0)::double precision
    from "TestResult" r
    join "TestCase" c on c."id" = r."testCaseId"
    where c."repositoryId" = repository and r."startedAt" >= since and r."status" <> 'skipped'
  $function$;
comment on function "failureRate"(text, timestamp) is 'The share of runs of a repository that failed since a time';

-- Runs as its owner, so that a caller who may create tasks needs no right to change the settings of a repository.
create function "nextTaskNumber"(repository text) returns integer
  language sql volatile security definer set search_path = public, pg_temp
  as $function$
    update "RepositorySettings" set "lastTaskNumber" = "lastTaskNumber" + 1
    where "repositoryId" = repository
    returning "lastTaskNumber"
  $function$;
comment on function "nextTaskNumber"(text) is 'Takes the next task number of a repository; null for an unknown one';

-- Bookkeeping of prisma migrate

create table "_prisma_migrations" (
  "id" varchar(36) not null,
  "checksum" varchar(64) not null,
  "finished_at" timestamptz,
  "migration_name" varchar(255) not null,
  "logs" text,
  "rolled_back_at" timestamptz,
  "started_at" timestamptz not null default now(),
  "applied_steps_count" integer not null default 0,
  constraint "_prisma_migrations_pkey" primary key ("id")
);
insert into "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name", "applied_steps_count") values (
  '3c7f0c4e-0e8e-4f0b-9d55-6a1f1ce0a6b1',
  'b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78',
  '2026-01-12 09:30:00+00',
  '20260112093000_init',
  1
);
