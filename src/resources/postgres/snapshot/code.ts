import type { SnapshotCode } from '../../../model/backup.ts'
import { dump } from './dump.ts'
import { foreign } from './foreign.ts'
import { drop, inspect, restore, swap, swapBack } from './restore.ts'
import { scratch } from './scratch.ts'

export const code: SnapshotCode = { dump, restore, inspect, swap, swapBack, drop, foreign, scratch }
