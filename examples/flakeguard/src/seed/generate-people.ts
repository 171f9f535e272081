import { dayMs, earlier, type Generation } from './generation.ts'
import { people } from './vocabulary.ts'

/** @returns the ids of the generated people */
export function generatePeople({ random, dataset, now }: Omit<Generation, 'userIds'>): string[] {
  return people.map(([first, last]) => {
    const id = random.id()
    const login = `${first}-${last}`.toLowerCase()
    const createdAt = earlier(now, random.integer(60, 700) * dayMs)
    dataset.User.push({
      id,
      email: `${login}@example.com`,
      login,
      name: `${first} ${last}`,
      avatarUrl: random.chance(0.8) ? `https://avatars.example.com/${login}.png` : null,
      createdAt,
      updatedAt: createdAt,
    })
    const signedInAt = earlier(now, random.next() * 5 * dayMs)
    dataset.Session.push({
      id: random.id(),
      userId: id,
      tokenHash: random.bytes(32),
      userAgent: random.pick(['Firefox/140', 'Chrome/148', 'Safari/19']),
      createdAt: signedInAt,
      expiresAt: earlier(signedInAt, -30 * dayMs),
    })
    if (random.chance(0.3)) {
      dataset.ApiToken.push({
        id: random.id(),
        userId: id,
        name: random.pick(['ci', 'laptop', 'export script']),
        tokenHash: random.bytes(32),
        scopes: random.sample(['results:read', 'results:write', 'tasks:write'], 2),
        createdAt,
        lastUsedAt: random.chance(0.7) ? earlier(now, random.next() * 3 * dayMs) : null,
      })
    }
    return id
  })
}
