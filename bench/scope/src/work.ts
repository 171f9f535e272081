import { createHash, randomInt } from 'node:crypto'

/** A row as every variant hands it back. */
export interface Item {
  readonly id: string
  readonly org_id: string
  readonly name: string
}

/** One operation: the rows that one organization asks for. */
export interface Work {
  readonly organizationId: string
  readonly items: readonly Item[]
}

/** How much the database holds. */
export interface Size {
  readonly organizations: number
  readonly rows: number
}

/** Operations on organizations and rows drawn at random. */
export function drawWork(size: Size, options: { readonly count: number; readonly reads: number }): Work[] {
  return Array.from({ length: options.count }, () => {
    const organization = randomInt(size.organizations) + 1
    const items = Array.from({ length: options.reads }, () => itemOf(organization, randomInt(size.rows) + 1))
    return { organizationId: organizationIdOf(organization), items }
  })
}

/** Operations of an organization on the rows of the next one, which none may see. */
export function drawForeignWork(size: Size, options: { readonly count: number; readonly reads: number }): Work[] {
  return Array.from({ length: options.count }, () => {
    const organization = randomInt(size.organizations) + 1
    const next = (organization % size.organizations) + 1
    const items = Array.from({ length: options.reads }, () => itemOf(next, randomInt(size.rows) + 1))
    return { organizationId: organizationIdOf(organization), items }
  })
}

/** @throws {Error} when an answer is not exactly the rows that were asked for. */
export function assertAnswer(variant: string, work: Work, answer: readonly Item[]): void {
  const right =
    answer.length === work.items.length &&
    work.items.every((item, index) => {
      const row = answer[index]
      return row !== undefined && row.id === item.id && row.org_id === item.org_id && row.name === item.name
    })
  if (right) return
  throw new Error(
    `${variant}: a wrong answer for organization ${work.organizationId}: asked for ${JSON.stringify(work.items)}, ` +
      `got ${JSON.stringify(answer)}.`,
  )
}

function organizationIdOf(organization: number): string {
  return digestId(`organization ${organization}`)
}

function itemOf(organization: number, row: number): Item {
  return {
    id: digestId(`item ${organization} ${row}`),
    org_id: organizationIdOf(organization),
    name: `item ${row} of ${organization}`,
  }
}

/** What `md5(text)::uuid` is in the database. */
function digestId(text: string): string {
  const digest = createHash('md5').update(text).digest('hex')
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
