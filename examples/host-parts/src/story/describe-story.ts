import { afterAll, beforeAll, describe } from 'vitest'
import { createTokenIssuer, type TokenIssuer } from '../token-issuer.ts'
import { createTokenVerifier } from '../verify-token.ts'
import { describeHousekeeping } from './promises/housekeeping.ts'
import { describeInvitation, describeLimits, describeStranger } from './promises/invitation.ts'
import { describeLog } from './promises/log.ts'
import { describePrograms } from './promises/programs.ts'
import { describeSignIn } from './promises/sign-in.ts'
import { storyTokens, type Scene } from './scene.ts'
import type { StartStoryHost, StoryHost } from './story-host.ts'

/**
 * Describes to vitest the story that both hosts tell over real sockets: a colleague is invited, accepts, and sees what the
 * team sees; another organization sees nothing; programs act by keys; what is logged opens no door.
 */
export function describeStory(name: string, start: StartStoryHost): void {
  describe(`the story on ${name}`, () => {
    let scene: Scene | undefined

    beforeAll(async () => {
      const issuer = await createTokenIssuer(storyTokens)
      const verifyToken = createTokenVerifier({ keys: issuer.findKey, ...storyTokens })
      const sent: Scene['sent'] = []
      const log: string[] = []
      const mailer = { send: async (message: Scene['sent'][number]) => void sent.push(message) }
      const host = await start({ verifyToken, mailer, writeLog: (line) => log.push(line) })
      scene = { host, issuer, sent, log, ask: createAsk(host, issuer) }
    })

    afterAll(async () => {
      await scene?.host[Symbol.asyncDispose]()
    })

    const current = (): Scene => scene as Scene
    describeInvitation(current)
    describeLimits(current)
    describeStranger(current)
    describePrograms(current)
    describeSignIn(current)
    describeHousekeeping(current)
    describeLog(current)
  })
}

function createAsk({ origin }: StoryHost, issuer: TokenIssuer): Scene['ask'] {
  return async (who, { line, organization, body }) => {
    const [, method = 'GET', path = ''] = /^(?:([A-Z]+) )?(.*)$/.exec(line) ?? []
    const bearer = who === undefined ? undefined : 'bearer' in who ? who.bearer : await issuer.issue(who.userId)
    const headers = {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(organization === undefined ? {} : { 'x-organization': organization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const response = await fetch(origin + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== ''
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as unknown) : text,
    }
  }
}
