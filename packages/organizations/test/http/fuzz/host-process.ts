/** A host in a process of its own, which a request could end: prints its port, and ends when its input does. */
import { startHost } from '../hosts.ts'
import type { HostName } from '../hosts.ts'
import { openStage } from '../stage.ts'
import type { StageUrls } from '../stage.ts'

const urls = JSON.parse(process.env['PARTYWALL_HTTP_STAGE'] ?? '') as StageUrls
const stage = await openStage(urls)
const host = await startHost(process.argv[2] as HostName, stage)
console.log(new URL(host.origin).port)
process.stdin.on('end', () => {
  console.log(JSON.stringify({ rss: process.memoryUsage.rss() }))
  void host[Symbol.asyncDispose]().then(() => stage[Symbol.asyncDispose]())
})
process.stdin.resume()
