/**
 * Converts every sample on PostgreSQL 13, 15 and 18, verifies it, sabotages it, and prints one table. Ends with 1 when one
 * of them is not ok, a sabotage goes unnoticed, or more than 5 % of the tables of a sample are checked by definition only.
 *
 * `--majors 13,18` and `--only torture` choose, `--jobs <n>` says how many run at once (2), `--json` prints one document.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { textTable } from '../../packages/rls-migrations/src/cli/text-table.ts'
import { samples } from '../../packages/rls-migrations/test/owned-database.ts'
import { installMajors, majorEnvironment } from '../../scripts/postgres-majors.ts'
import { findProblems, type SampleProof } from './sample-proof.ts'

interface Job {
  readonly sample: string
  readonly major: string
}

const { values } = parseArgs({
  options: {
    majors: { type: 'string', default: '13,15,18' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
})
// Until the verdict is in, an end of any kind is a failure.
process.exitCode = 1
const names = Object.keys(samples).filter((sample) => values.only === '' || sample === values.only)
const jobs = values.majors.split(',').flatMap((major) => names.map((sample): Job => ({ sample, major })))
if (jobs.length === 0) throw new Error(`There is no sample "${values.only}": ${Object.keys(samples).join(', ')}`)
if (installMajors() !== 0) throw new Error('The other versions of PostgreSQL could not be installed')
const proofs = await proveAll(jobs, Number(values.jobs))
const broken = jobs.filter((job) => !proofs.some((proof) => isOf(proof, job)))
const problems = [
  ...broken.map(({ sample, major }) => `${sample} on ${major}: it broke off`),
  ...proofs.flatMap(findProblems),
]
if (values.json) console.log(JSON.stringify({ schemaVersion: 1, problems, proofs }))
else console.log([tableOf(proofs), '', ...problems].join('\n').trimEnd())
process.exitCode = problems.length === 0 ? 0 : 1

async function proveAll(all: readonly Job[], atOnce: number): Promise<readonly SampleProof[]> {
  const waiting = all.values()
  const found: SampleProof[] = []
  const work = async (): Promise<void> => {
    for (const job of waiting) {
      const proof = await prove(job)
      if (proof !== undefined) found.push(proof)
      console.error(`${job.sample} on ${job.major}: ${proof === undefined ? 'broke off' : summaryOf(proof)}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return all.flatMap((job) => found.filter((proof) => isOf(proof, job)))
}

/** In a process of its own: which binaries are found is decided when a process starts. */
async function prove({ sample, major }: Job): Promise<SampleProof | undefined> {
  const program = join(import.meta.dirname, 'prove-main.ts')
  const child = spawn(process.execPath, ['--conditions=partywall-source', program, sample], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: majorEnvironment(major),
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  return code === 0 ? (JSON.parse(output) as SampleProof) : undefined
}

function isOf(proof: SampleProof, { sample, major }: Job): boolean {
  return proof.sample === sample && proof.major === major
}

function summaryOf({ ok, killed, sabotages, seconds }: SampleProof): string {
  return `${ok ? 'ok' : 'not ok'}, ${killed} of ${sabotages} sabotages noticed in ${seconds} s`
}

function tableOf(rows: readonly SampleProof[]): string {
  return textTable([
    ['sample', 'major', 'ok', 'tables', 'proved', 'static', 'sabotages', 'killed', 'survivors', 'idle', 'seconds'],
    ...rows.map((one) => [
      one.sample,
      one.major,
      one.ok ? 'yes' : 'no',
      one.tables,
      one.proved,
      one.staticOnly.length,
      one.sabotages,
      one.killed,
      one.survivors.length,
      one.idle,
      one.seconds,
    ]),
  ])
}
