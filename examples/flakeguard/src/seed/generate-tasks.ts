import type { Prisma } from '../../generated/client.ts'
import { dayMs, earlier, startOfDay, type Generation } from './generation.ts'
import { comments } from './vocabulary.ts'

type Task = Prisma.TaskUncheckedCreateInput

const tasksPerRepository = 6

/** What people do about the detected flakes: tasks with subtasks, labels, comments and notifications. */
export function generateTasks(generation: Generation): void {
  const { dataset } = generation
  const flaky = new Set(dataset.FlakeDetection.map((detection) => detection.testCaseId))
  for (const settings of dataset.RepositorySettings) {
    const testCases = dataset.TestCase.filter(
      (testCase) => testCase.repositoryId === settings.repositoryId && flaky.has(testCase.id ?? ''),
    )
    let parent: Task | undefined
    for (const testCase of generation.random.sample(testCases, tasksPerRepository)) {
      settings.lastTaskNumber = (settings.lastTaskNumber ?? 0) + 1
      const task = generateTask(generation, testCase, { number: settings.lastTaskNumber, parentId: parent?.id ?? null })
      generateConversation(generation, task)
      parent ??= task
    }
  }
}

function generateTask(
  { random, dataset, now, userIds }: Generation,
  testCase: Prisma.TestCaseUncheckedCreateInput,
  place: { number: number; parentId: string | null },
): Task {
  const createdAt = earlier(now, random.next() * 10 * dayMs)
  const task: Task = {
    id: random.id(),
    repositoryId: testCase.repositoryId,
    parentId: random.chance(0.3) ? place.parentId : null,
    testCaseId: testCase.id ?? null,
    creatorId: random.pick(userIds),
    assigneeId: random.chance(0.7) ? random.pick(userIds) : null,
    number: place.number,
    title: `Fix flaky test: ${testCase.suite} ${testCase.name}`,
    body: 'FlakeGuard saw this test fail and pass on the same commit.',
    status: random.pick(['open', 'open', 'in_progress', 'done', 'wont_fix']),
    priority: random.pick(['low', 'medium', 'medium', 'high', 'urgent']),
    dueOn: random.chance(0.4) ? startOfDay(earlier(now, -random.integer(1, 20) * dayMs)) : null,
    createdAt,
    updatedAt: createdAt,
  }
  dataset.Task.push(task)
  return task
}

function generateConversation({ random, dataset, now, userIds }: Generation, task: Task): void {
  const labels = dataset.Label.filter((label) => label.repositoryId === task.repositoryId)
  for (const label of random.sample(labels, random.integer(1, 2))) {
    dataset['_TaskLabels'].push({ A: label.id ?? '', B: task.id ?? '' })
  }
  for (const body of random.sample(comments, random.integer(0, 3))) {
    const createdAt = earlier(now, random.next() * 2 * dayMs)
    const authorId = random.pick(userIds)
    dataset.TaskComment.push({ id: random.id(), taskId: task.id ?? '', authorId, body, createdAt })
  }
  if (typeof task.assigneeId !== 'string') return
  dataset.Notification.push({
    id: random.id(),
    userId: task.assigneeId,
    taskId: task.id ?? null,
    kind: 'task_assigned',
    payload: { title: task.title },
    createdAt: task.createdAt ?? now,
    readAt: random.chance(0.5) ? now : null,
  })
}
