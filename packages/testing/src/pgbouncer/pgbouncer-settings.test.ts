import { describe, expect, it } from 'vitest'
import { pgBouncerIni, pgBouncerUserList } from './pgbouncer-settings.ts'

const adminUrl = 'postgres://the%20admin:pa%22ss@127.0.0.1:5433/postgres'

describe('pgBouncerIni', () => {
  it('reaches every database of the server, in the mode that is asked for', () => {
    const text = pgBouncerIni({
      adminUrl,
      port: 6432,
      poolMode: 'statement',
      poolSize: 3,
      userList: '/tmp/users.txt',
      settings: { max_client_conn: '7' },
    })
    expect(text).toContain('* = host=127.0.0.1 port=5433')
    for (const line of [
      'listen_port = 6432',
      'pool_mode = statement',
      'default_pool_size = 3',
      'max_client_conn = 7',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
  })
})

describe('pgBouncerUserList', () => {
  it('quotes the name and the password', () => {
    expect(pgBouncerUserList(adminUrl)).toBe('"the admin" "pa""ss"\n')
  })
})
