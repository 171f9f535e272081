import { describe, expect, it } from 'vitest'
import { choosePostgresSource, type SourceFacts } from './choose-postgres-source.ts'

const url = 'postgres://admin@db.example/postgres'

describe('choosePostgresSource', () => {
  it.each<[string, SourceFacts, string]>([
    ['takes the URL of the environment first', { databaseUrl: url, imagePresent: true }, 'environment'],
    ['takes a container when Docker has the image', { imagePresent: true }, 'testcontainers'],
    ['falls back to embedded binaries', { imagePresent: false }, 'embedded'],
    ['asks for a look at Docker only when that decides', {}, 'look'],
    ['does not look when the environment has a URL', { databaseUrl: url }, 'environment'],
    ['lets the variable force a source over the URL', { forced: 'embedded', databaseUrl: url }, 'embedded'],
    ['lets the variable force a container without a look', { forced: 'testcontainers' }, 'testcontainers'],
    ['lets the caller overrule the variable', { requested: 'embedded', forced: 'testcontainers' }, 'embedded'],
    ['treats empty variables as unset', { forced: '', databaseUrl: '', imagePresent: false }, 'embedded'],
  ])('%s', (_promise, facts, expected) => {
    expect(choosePostgresSource(facts)).toBe(expected)
  })

  it('refuses the environment without a URL, whoever asks', () => {
    const refusal = expect.objectContaining({ code: 'POSTGRES_UNAVAILABLE' })
    expect(() => choosePostgresSource({ requested: 'environment' })).toThrow(refusal)
    expect(() => choosePostgresSource({ forced: 'environment' })).toThrow(refusal)
  })

  it('refuses a source it does not know and names those it knows', () => {
    expect(() => choosePostgresSource({ forced: 'docker' })).toThrow(/"docker".*environment, testcontainers, embedded/)
  })
})
