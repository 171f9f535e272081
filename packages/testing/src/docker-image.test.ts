import { describe, expect, it } from 'vitest'
import { dockerHasImage, dockerSockets } from './docker-image.ts'

describe('dockerSockets', () => {
  it('looks at DOCKER_HOST alone when it is set', () => {
    expect(dockerSockets({ DOCKER_HOST: 'unix:///run/engine.sock' }, '/home/ada')).toEqual(['/run/engine.sock'])
  })

  it('looks at no socket when DOCKER_HOST is another machine', () => {
    expect(dockerSockets({ DOCKER_HOST: 'tcp://engine.example:2376' }, '/home/ada')).toEqual([])
  })

  it('looks at the places of the system, the rootless and the desktop engine', () => {
    expect(dockerSockets({ XDG_RUNTIME_DIR: '/run/user/7' }, '/home/ada')).toEqual([
      '/var/run/docker.sock',
      '/run/user/7/docker.sock',
      '/home/ada/.docker/run/docker.sock',
      '/home/ada/.docker/desktop/docker.sock',
    ])
  })
})

describe('dockerHasImage', () => {
  it('says no when no engine answers', async () => {
    expect(await dockerHasImage('postgres:18', { DOCKER_HOST: 'unix:///nonexistent/docker.sock' })).toBe(false)
  })
})
