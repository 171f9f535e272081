import type { Catalog } from '../../catalog/catalog.ts'
import { keyMutations } from './key-mutations.ts'
import type { MutatedTable, Mutation, MutationScene } from './mutation.ts'
import { objectMutations } from './object-mutations.ts'
import { privilegeMutations } from './privilege-mutations.ts'
import { reachMutations } from './reach-mutations.ts'
import { roleMutations } from './role-mutations.ts'
import { sealMutations } from './seal-mutations.ts'
import { wallMutations } from './wall-mutations.ts'

/** Every sabotage of one table. A new idea is a line in one of these files. */
export function tableMutations(scene: MutationScene, table: MutatedTable): readonly Mutation[] {
  return [wallMutations, privilegeMutations, reachMutations, keyMutations].flatMap((make) => make(scene, table))
}

/** Every sabotage of what lies around the tables. */
export function sharedMutations(scene: MutationScene, catalog: Catalog): readonly Mutation[] {
  return [...objectMutations(scene, catalog), ...roleMutations(scene), ...sealMutations(scene)]
}
