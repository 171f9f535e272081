import { describe, expect, it } from 'vitest'
import { createOwnedDatabase } from '../../test/owned-database.ts'
import { runCommand } from '../../test/run-command.ts'
import { applyPlan } from '../apply/apply-plan.ts'
import { acquireRunnerLock, runnerName } from '../apply/runner-lock.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { readConversion } from '../conversion.ts'
import { openSession } from '../database/session.ts'

const text =
  'create table parents (id int primary key, code text unique); create table children (id int primary key, parent int references parents)'

describe('apply --to contract', () => {
  it('stops after expand while sessions are connected that it breaks, and goes on when they are accepted', async () => {
    await using database = await createOwnedDatabase({ text })
    await using _service = await openSession({ url: database.ownerUrl, applicationName: 'the old service' })
    const refused = await runCommand(database.ownerUrl, 'apply', '--to', 'contract', '--yes')
    expect(refused.code).toBe(1)
    expect(refused.complaint).toContain('OLD_PATH_IN_USE: contract would break what is connected still')
    expect(refused.complaint).toContain(`${database.owner} acts as the owner of the tables: 1 session, the old service`)
    const status = await runCommand(database.ownerUrl, 'status')
    expect(status.out).toContain('Phase complete: expand')
    expect(status.out).toContain('the old service')
    expect(
      await runCommand(database.ownerUrl, 'apply', '--to', 'contract', '--yes', '--accept-old-sessions'),
    ).toMatchObject({
      code: 0,
    })
  })

  it('goes on when nobody is on the old path', async () => {
    await using database = await createOwnedDatabase({ text })
    expect(await runCommand(database.ownerUrl, 'apply', '--to', 'enforce', '--yes')).toMatchObject({ code: 0 })
  })
})

describe('status', () => {
  it('calls no phase half done that nobody has begun, though its check holds already', async () => {
    await using database = await createOwnedDatabase({ text })
    await runCommand(database.ownerUrl, 'apply')
    const { code, out } = await runCommand(database.ownerUrl, 'status')
    expect(code).toBe(3)
    expect(out).toContain('Phase complete: expand')
    expect(out).not.toContain('Half done')
  })

  it('tells where a run was cut off, what comes next, and who is at work', async () => {
    await using database = await createOwnedDatabase({ text })
    await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    const { plan } = await readConversion(session, resolveConfig({}))
    const contract = plan.steps.filter((step) => step.phase === 'contract')
    const stop = new Error('stop')
    await applyPlan({
      session,
      plan,
      to: 'contract',
      onProgress: (event) => {
        if (event.type === 'started' && event.operation === contract[2]) throw stop
      },
    }).catch((error: unknown) => expect(error).toBe(stop))
    const cutOff = await runCommand(database.ownerUrl, 'status')
    expect(cutOff.code).toBe(3)
    expect(cutOff.out).toMatch(/Half done: contract, \d+ of \d+ steps; the next is contract\//)
    expect(cutOff.out).toContain('Finish it: partywall apply --to contract. Undo it: partywall rollback')
    await session.close()
    await using _lock = await acquireRunnerLock(database.ownerUrl)
    const { out } = await runCommand(database.ownerUrl, 'status', '--json')
    expect(JSON.parse(out)).toMatchObject({
      next: expect.stringMatching(/^contract\//),
      run: { running: [{ login: database.owner }], unfinished: [], last: { step: expect.any(String) } },
    })
  })
})

describe('--json', () => {
  it('gives one document, and the progress as a line of JSON for each event', async () => {
    await using database = await createOwnedDatabase({ text })
    const { out, complaint } = await runCommand(database.ownerUrl, 'apply', '--to', 'expand', '--json')
    const document = JSON.parse(out)
    const events = complaint
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { progress: string; phase: string })
    const finished = events.filter(({ progress }) => progress === 'finished')
    expect(finished).toHaveLength(document.applied)
    expect(finished.at(-1)).toMatchObject({ phase: 'expand', step: expect.any(String), durationMs: expect.any(Number) })
  })
})
