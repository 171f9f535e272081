import type { Caller, Directory } from '../directory.ts'

/** The methods of a directory, for one that stands in front of it: those that it lacks stay away. */
export function methodsOf(directory: Directory): Directory {
  return {
    findMembership: (request) => directory.findMembership(request),
    ...('authenticateApiKey' in directory && {
      authenticateApiKey: (header) => directory.authenticateApiKey?.(header) as Promise<Caller>,
    }),
    ...('findInstallation' in directory && {
      findInstallation: async (id) => await directory.findInstallation?.(id),
    }),
    ...('findFallback' in directory && {
      findFallback: async (userId) => await directory.findFallback?.(userId),
    }),
  }
}
