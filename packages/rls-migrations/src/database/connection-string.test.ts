import { describe, expect, it } from 'vitest'
import { clientFor, withoutPassword } from './connection-string.ts'

describe('withoutPassword', () => {
  it.each([
    ['postgres://u:hunter2@h/db', 'postgres://u:***@h/db'],
    ['postgres://u:hu@nter2@h', 'postgres://u:***@h'],
    ['postgres://u:hu/nter2@h/db', 'postgres://u:***@h/db'],
    ['postgres://u:hu?nt#er2@h/db', 'postgres://u:***@h/db'],
    ['postgres://:hunter2@h/db', 'postgres://:***@h/db'],
    ['postgres://h/db?user=u&password=hunter2&sslmode=require', 'postgres://h/db?user=u&password=***&sslmode=require'],
    ['postgres://u@h/db?sslpassword=hunter2', 'postgres://u@h/db?sslpassword=***'],
    ['host=h user=u password=hunter2 dbname=d', 'host=h user=u password=*** dbname=d'],
    ["host=h password = 'hunter2 \\' more' dbname=d", 'host=h password = *** dbname=d'],
    ['postgres://u@h/db', 'postgres://u@h/db'],
  ])('shows %s as %s', (url, shown) => {
    expect(withoutPassword(url)).toBe(shown)
  })
})

describe('clientFor', () => {
  it.each(['postgres://u:hunter2@h:99999/db', 'postgres://u:hunter2@[::1/db', 'host=h password=hunter2', 'hunter2'])(
    'refuses %s with a code, and shows no password',
    (url) => {
      const refused = (): unknown => {
        try {
          return clientFor(url, {})
        } catch (error) {
          return error
        }
      }
      const error = refused()
      expect(error).toMatchObject({ code: 'DATABASE_URL_INVALID' })
      if (url !== 'hunter2') expect(String(error)).not.toContain('hunter2')
    },
  )
})
