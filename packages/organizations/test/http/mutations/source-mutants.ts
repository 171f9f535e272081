import type { SourceMutant } from './mutant.ts'

const core = 'tenancy-core/src/http'

/** Every guard that stands in a source, one at a time. */
export const sourceMutants: readonly SourceMutant[] = [
  ...admission(),
  ...adapters(),
  ...cursors(),
  ...replays(),
  ...inputs(),
  ...organizationGuards(),
  ...hostGuards(),
]

function admission(): readonly SourceMutant[] {
  const file = `${core}/find-caller.ts`
  return [
    {
      name: 'a suspended membership is admitted',
      file,
      edits: [{ find: "if (membershipStatus === 'active') return", put: 'return' }],
    },
    {
      name: 'a suspended organization is admitted',
      file,
      edits: [{ find: "if (organizationStatus !== 'active') {", put: 'if (slug === undefined) {' }],
    },
    {
      name: 'a key is admitted where it does not belong',
      file,
      edits: [
        {
          find: 'if (named === undefined || named === organizationId || named === slug) return caller',
          put: 'return caller',
        },
      ],
    },
    {
      name: 'a foreign key is told that the organization is there',
      file,
      edits: [{ find: 'return caller\n  throw notFound()', put: 'return caller\n  throw unauthenticated()' }],
    },
    {
      name: 'who is in no such organization is told so',
      file,
      edits: [{ find: 'organizationRequired() : notFound()', put: 'organizationRequired() : unauthenticated()' }],
    },
    {
      name: 'no permission is asked for',
      file: `${core}/request-tenancy.ts`,
      edits: [{ find: 'if (permission !== undefined) assertPermission(caller.membership, permission)', put: '' }],
    },
    {
      name: 'every permission is included',
      file: `${core}/permission.ts`,
      edits: [{ find: "return rule !== undefined && !rule.startsWith('!')", put: 'return true' }],
    },
    {
      name: 'a rule that takes away gives',
      file: `${core}/permission.ts`,
      edits: [
        {
          find: "return rule !== undefined && !rule.startsWith('!')",
          put: 'return rule !== undefined',
        },
      ],
    },
    {
      name: 'a person need not have signed in',
      file: `${core}/answer-route.ts`,
      edits: [{ find: "if (typeof userId === 'string' && userId !== '') return userId", put: 'return String(userId)' }],
    },
  ]
}

function adapters(): readonly SourceMutant[] {
  return [
    {
      name: 'Fastify admits without asking',
      file: 'fastify/src/mount-route.ts',
      edits: [{ find: "...(route.scope === 'user' ? { tenancy: false } : {}),", put: 'tenancy: false,' }],
      hosts: ['fastify'],
    },
    {
      name: 'Fastify forgets the permission of a route',
      file: 'fastify/src/mount-route.ts',
      edits: [{ find: '...(permission === undefined ? {} : { permission }),', put: '' }],
      hosts: ['fastify'],
    },
    {
      name: 'Express admits without asking',
      file: 'express/src/mount-route.ts',
      edits: [{ find: "route.scope === 'user' ? [] : [guard(permissionAtAdmission(route))]", put: '[]' }],
      hosts: ['express'],
    },
    {
      name: 'Express forgets the permission of a route',
      file: 'express/src/mount-route.ts',
      edits: [{ find: 'guard(permissionAtAdmission(route))', put: 'guard(undefined)' }],
      hosts: ['express'],
    },
  ]
}

function cursors(): readonly SourceMutant[] {
  const cursor = `${core}/cursor.ts`
  const signed = "['partywall-cursor-1', owner, route, sortedKeys(filter), sort, position]"
  const bound = (left: string): SourceMutant['edits'] => [{ find: signed, put: left }]
  return [
    {
      name: 'a cursor is of no organization',
      file: cursor,
      edits: bound("['', '', route, sortedKeys(filter), sort, position]"),
    },
    { name: 'a cursor is of no list', file: cursor, edits: bound("['', owner, '', sortedKeys(filter), '', position]") },
    { name: 'a cursor is of no filter', file: cursor, edits: bound("['', owner, route, '', sort, position]") },
    {
      name: 'a cursor need not be signed',
      file: cursor,
      edits: [{ find: '!genuine || !timingSafeEqual(mac, sign(text, binding))', put: '!genuine' }],
    },
  ]
}

function replays(): readonly SourceMutant[] {
  const once = `${core}/idempotency.ts`
  return [
    {
      name: 'an answer is given again to another member',
      file: once,
      edits: [{ find: 'const { userId, schema } = asked', put: "const { schema } = asked\n  const userId = 'all'" }],
    },
    {
      name: 'an answer is given again to another request',
      file: once,
      edits: [{ find: 'kept === undefined || kept.fingerprint !== fingerprint', put: 'kept === undefined' }],
    },
    {
      name: 'an answer is given again to another organization',
      file: once,
      edits: [
        {
          find: 'asked.key === undefined ? await work(client) : await answerByKey(client, asked, work)',
          put: 'await answerFromMemory(client, asked, work)',
        },
        {
          find: 'async function answerByKey(',
          put: `const memory = new Map<unknown, Answer>()
async function answerFromMemory(client: PoolClient, asked: OnceRequest, work: Work): Promise<Answer> {
  const kept = asked.key === undefined ? undefined : memory.get(asked.userId + String(asked.key))
  if (kept !== undefined) return { ...kept, headers: { ...kept.headers, 'idempotent-replayed': 'true' } }
  const answer = await work(client)
  memory.set(asked.userId + String(asked.key), answer)
  return answer
}
async function answerByKey(`,
        },
      ],
    },
    {
      name: 'a route that takes keys asks for no permission',
      file: `${core}/own-replay.ts`,
      edits: [{ find: 'assertPermission(request.tenancy.membership, permission)', put: '' }],
    },
    {
      name: 'who may not any more is given the answer to another request',
      file: once,
      edits: [{ find: 'kept?.fingerprint === fingerprintOf(asked)', put: 'kept !== undefined' }],
    },
    {
      name: 'an effect is had again',
      file: once,
      edits: [
        {
          find: 'asked.key === undefined ? await work(client) : await answerByKey(client, asked, work)',
          put: 'await work(client)',
        },
      ],
    },
  ]
}

function inputs(): readonly SourceMutant[] {
  return [
    {
      name: 'a change need not say which version it changes',
      file: `${core}/precondition.ts`,
      edits: [{ find: "if (route.ifMatch === 'optional') return undefined", put: 'return undefined' }],
    },
    {
      name: 'a change is made whatever version it names',
      file: `${core}/precondition.ts`,
      edits: [
        { find: 'if (version !== undefined) return version', put: 'if (version !== undefined) return undefined' },
      ],
    },
    {
      name: 'a body need not be JSON',
      file: `${core}/answer-route.ts`,
      edits: [{ find: "assertJson(headers['content-type'])", put: 'headers' }],
    },
    {
      name: 'input is taken as it comes',
      file: `${core}/route.ts`,
      edits: [{ find: 'if (parsed.success) return parsed.data', put: 'return parsed.success ? parsed.data : input' }],
    },
    {
      name: 'a fault tells of the inside',
      file: `${core}/problem.ts`,
      edits: [
        {
          find: "return problem(500, 'INTERNAL', named)",
          put: "return problem(500, 'INTERNAL', { ...named, detail: String((error as Error).stack) })",
        },
      ],
    },
  ]
}

function organizationGuards(): readonly SourceMutant[] {
  return [
    {
      name: 'a key may what its member may',
      file: 'organizations/src/narrow-permissions.ts',
      edits: [
        {
          find: 'return key.flatMap((allowed) => role.flatMap((rule) => meet(rule, allowed)))',
          put: 'return key.length === 0 ? [] : role',
        },
      ],
    },
    {
      name: 'a key that is no key is told from no key',
      file: 'organizations/src/authenticate-api-key.ts',
      edits: [
        {
          find: 'if (found === undefined) throw refused()',
          put: "if (found === undefined) throw Object.assign(refused(), { code: 'API_KEY_UNKNOWN' })",
        },
      ],
    },
    {
      name: 'an invitation is accepted by whoever has its token',
      file: 'organizations/src/routes/person-routes.ts',
      edits: [
        {
          find: 'acceptInvitation({ token, userId, email })',
          put: "acceptInvitation({ token, userId, email: 'any' })",
        },
      ],
    },
    {
      name: 'a stale version of an organization is no conflict',
      file: 'organizations/src/routes/record-routes.ts',
      edits: [{ find: 'ifVersion: versionNumber(expectedVersion)', put: '' }],
    },
  ]
}

/** Not of the product: whether the attackers would notice a host that takes anybody for anybody. */
function hostGuards(): readonly SourceMutant[] {
  const file = 'organizations/test/http/session-token.ts'
  return [
    {
      name: 'the host takes a session that is over',
      file,
      edits: [{ find: 'return until > Date.now() ? userId : undefined', put: 'return userId' }],
    },
    {
      name: 'the host takes a session that nobody signed',
      file,
      edits: [
        {
          find: 'if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined',
          put: '',
        },
      ],
    },
    {
      name: 'the host believes a header',
      file: 'organizations/test/http/hosts.ts',
      edits: [
        {
          find: 'user: userFromBearer(verifySession)',
          put: "user: (request) => ('raw' in request ? request.raw : request).headers['x-user-id'] as string ?? userFromBearer(verifySession)(request)",
        },
      ],
    },
  ]
}
