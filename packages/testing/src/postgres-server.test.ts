import { describe, expect, it } from 'vitest'
import { connectionUrl, messageOf } from './postgres-server.ts'

const adminUrl = 'postgres://admin:secret@127.0.0.1:5432/postgres?sslmode=disable'

describe('connectionUrl', () => {
  it('keeps the administrator unless told otherwise', () => {
    expect(connectionUrl(adminUrl, { database: 'shop' })).toBe(
      'postgres://admin:secret@127.0.0.1:5432/shop?sslmode=disable',
    )
  })

  it("never tries another role with the administrator's password", () => {
    expect(connectionUrl(adminUrl, { user: 'app' })).toBe('postgres://app@127.0.0.1:5432/postgres?sslmode=disable')
  })

  it('escapes what a URL would read as its own punctuation', () => {
    const url = new URL(connectionUrl(adminUrl, { user: 'a@b', password: 'p:/?#', database: 'x/y z' }))
    expect([url.username, url.password, url.pathname].map(decodeURIComponent)).toEqual(['a@b', 'p:/?#', '/x/y z'])
  })
})

describe('messageOf', () => {
  it('tells every failed address of an error that has no message of its own', () => {
    expect(messageOf(new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')]))).toBe(
      '::1 refused; 127.0.0.1 refused',
    )
  })
})
