import { setTimeout as sleep } from 'node:timers/promises'
import { TenancyError } from '@partywall/tenancy-core'
import type { Directory, Tenancy } from '@partywall/tenancy-core'
import type { ClaimReader, ClaimRequest, Route } from '@partywall/tenancy-core/http'
import { contractClaim } from './contract-claims.ts'

/** A service that listens on a real socket, with the routes of the stage and its own below. */
export interface HttpHost extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
}

/**
 * Starts a host by the adapter under test. It mounts `routes` below `prefix`, serves `reference`, and has these routes of its own; each runs
 * the call of the stage that has its name:
 *
 * - `GET /projects`, `GET /later`, `GET /fails`, `GET /conflict`, `GET /fault`, `GET /background` answer with JSON;
 * - `POST /projects` reads a JSON body, asks for `projects:write` and answers as `GET /projects`;
 * - `GET /stream` answers with the chunks of `stream()` as they come;
 * - `POST /upload` reads a body of `application/octet-stream` by its events, and answers with what `upload()` gives;
 * - `POST /hooks` keeps the bytes of its body for the claim, and answers with what `hooks()` gives;
 * - `GET /open` and `GET /open-stream` belong to no organization.
 *
 * An error of its own with a `statusCode` is answered with that status and `{ "message": ... }`.
 */
export type StartHttpHost = (stage: HttpStage) => Promise<HttpHost>

/** What a host of the suite is made of, in no framework's words. */
export interface HttpStage {
  readonly tenancy: Tenancy
  readonly directory: Directory
  readonly routes: readonly Route[]
  readonly prefix: '/v1'
  readonly bodyLimitBytes: number
  readonly reference: { readonly title: string; readonly version: string }
  /** The host's authentication, in front of the adapter. @throws Error with `statusCode` 401 for `mallory`. */
  authenticate(headers: Headers): string | undefined
  claim(request: ClaimRequest, userId: string | undefined): ReturnType<ClaimReader<ClaimRequest>>
  projects(): Promise<readonly string[]>
  later(): Promise<readonly string[]>
  fails(): Promise<never>
  conflict(): Promise<never>
  fault(): Promise<never>
  background(): Promise<object>
  stream(): AsyncGenerator<string>
  upload(body: NodeJS.ReadableStream): Promise<readonly string[]>
  hooks(): Promise<object>
  open(): object
  openStream(): Iterable<string>
  /** Called when a response has been sent, in whatever context the host has then. */
  responded(path: string, headers: Headers): void
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

/** What the suite reads of what a host told the stage. */
export interface HttpRecords {
  readonly responded: string[]
  readonly background: string[]
}

const chunks = 40
const chunkSize = 65_536

/** The calls that hosts make, over a tenancy. */
export function createHttpStage(
  given: Pick<HttpStage, 'tenancy' | 'directory' | 'routes'>,
  records: HttpRecords,
): HttpStage {
  const { tenancy } = given
  const userInScope = (): string => tenancy.currentTenant()?.actor?.id ?? 'nobody'
  const projects = async (): Promise<readonly string[]> => {
    const { rows } = await tenancy.pool.query<{ name: string }>('select name from projects order by id')
    return rows.map(({ name }) => name)
  }
  return {
    ...given,
    prefix: '/v1',
    bodyLimitBytes: 2000,
    reference: { title: 'Contract', version: '1' },
    authenticate,
    claim: contractClaim(),
    projects,
    later: async () => {
      await sleep(1)
      return await new Promise((resolve, reject) => {
        setImmediate(() => process.nextTick(() => projects().then(resolve, reject)))
      })
    },
    fails: async () => {
      throw Object.assign(new Error((await projects()).join()), { statusCode: 418 })
    },
    conflict: () => Promise.reject(new TenancyError('ORGANIZATION_SLUG_TAKEN', 'Taken.')),
    fault: () => Promise.reject(new TenancyError('LOGIN_PRIVILEGED', 'The login "secret" is superuser.')),
    background: async () => {
      const note = async (): Promise<void> =>
        void records.background.push(`${userInScope()}: ${(await projects()).join()}`)
      setTimeout(() => void note(), 20)
      return {}
    },
    stream: async function* () {
      for (let step = 0; step < chunks; step += 1)
        yield `${JSON.stringify([userInScope(), ...(await projects())])}\n`.padEnd(chunkSize)
    },
    upload: (body) =>
      new Promise((resolve, reject) => {
        const scopes = new Set<string>()
        body.on('data', () => scopes.add(userInScope()))
        body.on('end', () => resolve([...scopes, userInScope()]))
        body.on('error', reject)
      }),
    hooks: async () => ({ actor: tenancy.currentTenant()?.actor, projects: await projects() }),
    open: () => ({ scope: userInScope() }),
    openStream: function* () {
      for (let step = 0; step < chunks; step += 1) yield userInScope().padEnd(chunkSize)
    },
    responded: (path, headers) => {
      const asked = /token-of-(.+)/.exec(String(headers['authorization']))?.[1]
      records.responded.push(`${path}: ${asked} in the scope of ${userInScope()}`)
    },
  }
}

function authenticate(headers: Headers): string | undefined {
  const user = /^Bearer token-of-(.+)$/.exec(String(headers['authorization']))?.[1]
  if (user === 'mallory') throw Object.assign(new Error('Locked out'), { statusCode: 401 })
  return user
}
