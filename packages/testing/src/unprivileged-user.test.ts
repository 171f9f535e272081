import { describe, expect, it } from 'vitest'
import { pickUser } from './unprivileged-user.ts'

const root = 'root:x:0:0:root:/root:/bin/bash'
const nobody = 'nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin'

describe('pickUser', () => {
  it('prefers postgres', () => {
    expect(pickUser(`${root}\n${nobody}\npostgres:x:101:104::/var/lib/postgresql:/bin/bash\n`)).toEqual({
      uid: 101,
      gid: 104,
    })
  })

  it('takes nobody when there is no postgres', () => {
    expect(pickUser(`${root}\n${nobody}\n`)).toEqual({ uid: 65534, gid: 65533 })
  })

  it('never takes a user with the ids of root', () => {
    expect(pickUser('postgres:x:0:0::/:/bin/sh\n')).toBeUndefined()
  })
})
