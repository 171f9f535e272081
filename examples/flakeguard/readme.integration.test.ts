import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { testServer } from '@partywall/testing/vitest'
import { createAppLogin } from '@partywall/testing'
import { expect, it } from 'vitest'
import { query } from './test/create-flakeguard-database.ts'

/** What the commands of a shell stand for here: `pnpm` runs the scripts of this package, and a server goes to the background. */
const prelude = `
script() { node -p 'require("./package.json").scripts[process.argv[1]]' "$1"; }
pnpm() { [ "$1" = --silent ] && shift; local run; run=$(script "$1"); shift; eval "$run" '"$@"'; }
psql() { node --conditions=partywall-source test/psql.ts "$@"; }
curl() { command curl --silent --show-error --max-time 20 "$@"; echo; }
server=
stop() { [ -z "$server" ] || { kill -TERM "$server"; wait "$server"; server=; }; }
trap stop EXIT
serve() {
  stop
  bash -c "exec $(script "$1")" >&2 & server=$!
  until command curl --silent --fail --output /dev/null "localhost:$PORT/ready"; do kill -0 "$server"; sleep 0.1; done
}
`

/** An empty database of an owner who may create roles, as the README asks for. */
async function createEmptyDatabase(): Promise<{ url: URL; name: string } & AsyncDisposable> {
  const server = await testServer()
  const owner = await createAppLogin(server.url())
  await query(server.url(), `alter role "${owner.role}" createrole`)
  const database = await server.createDatabase({ owner: owner.role })
  const { username, password } = new URL(owner.url)
  const url = new URL(database.url({ user: username, password: decodeURIComponent(password) }))
  const name = url.pathname.slice(1)
  return {
    url,
    name,
    async [Symbol.asyncDispose]() {
      await database.drop()
      for (const login of ['web', 'operator']) await query(server.url(), `drop role "${name}_${login}"`)
      await owner.drop()
    },
  }
}

async function freePort(): Promise<number> {
  await using server = createServer().listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as { port: number }).port
}

/** What it prints; of one that fails, the end of what it told. */
async function runScript(script: string): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}`,
    PORT: String(await freePort()),
    SHUTDOWN_NOTICE_MS: '0',
  }
  const options = { cwd: import.meta.dirname, env, maxBuffer: 2 ** 26 }
  return await new Promise((resolve, reject) => {
    execFile('bash', ['-euo', 'pipefail', '-c', script], options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const told = `${stdout.slice(-2000)}\n${stderr.slice(-4000)}`
      reject(new Error(`The script ended with ${String(error.code)}, and told:\n${told}`))
    })
  })
}

it('does what the README says, from an empty database to two organizations in one', async () => {
  const readme = await readFile(path.join(import.meta.dirname, 'README.md'), 'utf8')
  const section = readme.slice(readme.indexOf('## Run it'), readme.indexOf('## Who calls'))
  const blocks = [...section.matchAll(/^```bash\n(.*?)^```/gms)].map(([, block = '']) => block)
  expect(blocks).toHaveLength(4)
  await using database = await createEmptyDatabase()
  const { url, name } = database
  const script = blocks
    .join('\n')
    .replace(/^export DATABASE_URL=.*$/m, `export DATABASE_URL='${url.href}'`)
    .replaceAll('@localhost/flakeguard', `@${url.host}/${name}`)
    .replaceAll('partywall_flakeguard_', `partywall_${name}_`)
    .replaceAll(/\bflakeguard_(?=web|operator)/g, `${name}_`)
    .replace(/^pnpm seed\b/m, 'pnpm seed --scale 0.02')
    .replaceAll(/^pnpm (?=start:)/gm, 'serve ')
    // Nobody is at a terminal to be asked.
    .replace(/^pnpm partywall apply(?= +#)/m, '$& --yes')
    .replaceAll('localhost:3000', 'localhost:$PORT')
  const stdout = await runScript(prelude + script)
  const answers = stdout.split('\n').filter((line) => line.startsWith('{"repositories"'))
  expect(answers).toHaveLength(2)
  expect(answers[1]).toBe(answers[0])
  expect(stdout).toContain('Proved: no organization reaches the data of another.')
})
