import { request } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'

const answerTimeoutMs = 3000

/** Whether a Docker engine answers on this machine and has the image. Nothing is pulled. */
export async function dockerHasImage(image: string, environment: NodeJS.ProcessEnv): Promise<boolean> {
  for (const socketPath of dockerSockets(environment, homedir())) {
    const status = await statusOf(socketPath, `/images/${encodeURIComponent(image)}/json`)
    // The first engine that answers is the one that Testcontainers would use.
    if (status !== undefined) return status === 200
  }
  return false
}

/** The sockets on which an engine may listen, in the order in which Docker's own tools look. */
export function dockerSockets(environment: NodeJS.ProcessEnv, home: string): string[] {
  const host = environment['DOCKER_HOST']
  if (host) return host.startsWith('unix://') ? [host.slice('unix://'.length)] : []
  const runtime = environment['XDG_RUNTIME_DIR']
  return [
    '/var/run/docker.sock',
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(home, '.docker', 'run', 'docker.sock'),
    join(home, '.docker', 'desktop', 'docker.sock'),
  ]
}

async function statusOf(socketPath: string, path: string): Promise<number | undefined> {
  return await new Promise((resolve) => {
    const asked = request({ socketPath, path, timeout: answerTimeoutMs }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(undefined))
    asked.end()
  })
}
