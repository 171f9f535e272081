import { expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase, execute, samples } from '../../test/owned-database.ts'
import { verifyDatabase } from './verify-database.ts'

it('says with a code that a connection was lost in the middle of a proof', async () => {
  await using database = await createOwnedDatabase(samples.chinook)
  const { session, plan } = await convertWhole(database, 'enforce')
  let ended: Promise<void> | undefined
  const proof = verifyDatabase({
    session,
    plan,
    phase: 'enforce',
    onProgress: () => {
      ended ??= execute(database.adminUrl, `select pg_terminate_backend(${session.backendId})`)
    },
  })
  await expect(proof).rejects.toMatchObject({ code: 'PROOF_INTERRUPTED' })
  await ended
  await session.close().catch(() => undefined)
})
