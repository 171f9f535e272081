import type { Prisma } from '../../generated/client.ts'

/** The tables of the service with the row that each takes, in an order in which foreign keys hold. */
export interface SeedRows {
  User: Prisma.UserUncheckedCreateInput
  Session: Prisma.SessionUncheckedCreateInput
  ApiToken: Prisma.ApiTokenUncheckedCreateInput
  Installation: Prisma.InstallationUncheckedCreateInput
  Repository: Prisma.RepositoryUncheckedCreateInput
  RepositorySettings: Prisma.RepositorySettingsUncheckedCreateInput
  WebhookDelivery: Prisma.WebhookDeliveryUncheckedCreateInput
  WorkflowRun: Prisma.WorkflowRunUncheckedCreateInput
  WorkflowJob: Prisma.WorkflowJobUncheckedCreateInput
  CheckRun: Prisma.CheckRunUncheckedCreateInput
  Artifact: Prisma.ArtifactUncheckedCreateInput
  IngestionJob: Prisma.IngestionJobUncheckedCreateInput
  TestSuite: Prisma.TestSuiteUncheckedCreateInput
  TestCase: Prisma.TestCaseUncheckedCreateInput
  TestResult: Prisma.TestResultUncheckedCreateInput
  FlakeDetection: Prisma.FlakeDetectionUncheckedCreateInput
  Occurrence: Prisma.OccurrenceUncheckedCreateInput
  FlakeScore: Prisma.FlakeScoreUncheckedCreateInput
  QuarantineDecision: Prisma.QuarantineDecisionUncheckedCreateInput
  IssueLink: Prisma.IssueLinkUncheckedCreateInput
  FailureCluster: Prisma.FailureClusterUncheckedCreateInput
  FailureClusterMember: Prisma.FailureClusterMemberUncheckedCreateInput
  Label: Prisma.LabelUncheckedCreateInput
  Task: Prisma.TaskUncheckedCreateInput
  TaskComment: Prisma.TaskCommentUncheckedCreateInput
  Notification: Prisma.NotificationUncheckedCreateInput
  _TaskLabels: { A: string; B: string }
}

/** Rows by table. */
export type Dataset = { readonly [Table in keyof SeedRows]: SeedRows[Table][] }

/** The tables of {@link SeedRows}, parents before children. */
export const tablesInLoadOrder: readonly (keyof SeedRows)[] = [
  'User',
  'Session',
  'ApiToken',
  'Installation',
  'Repository',
  'RepositorySettings',
  'WebhookDelivery',
  'WorkflowRun',
  'WorkflowJob',
  'CheckRun',
  'Artifact',
  'IngestionJob',
  'TestSuite',
  'TestCase',
  'TestResult',
  'FlakeDetection',
  'Occurrence',
  'FlakeScore',
  'QuarantineDecision',
  'IssueLink',
  'FailureCluster',
  'FailureClusterMember',
  'Label',
  'Task',
  'TaskComment',
  'Notification',
  '_TaskLabels',
]

export function createDataset(): Dataset {
  return Object.fromEntries(tablesInLoadOrder.map((table) => [table, []])) as unknown as Dataset
}
