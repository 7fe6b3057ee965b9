import type { Component } from '../../model/app.ts'

const PLANS: [name: string, cpus: number, memoryMiB: number][] = [
  ['nf-compute-10', 0.1, 256],
  ['nf-compute-20', 0.2, 512],
  ['nf-compute-50', 0.5, 1024],
  ['nf-compute-100-1', 1, 1024],
  ['nf-compute-100-2', 1, 2048],
  ['nf-compute-200', 2, 4096],
  ['nf-compute-400', 4, 8192],
]

/** The smallest plan that holds what a component may take; what says nothing gets 0.2 of a processor and 512 MiB. */
export function planFor({ limits }: Component): { plan: string; cpus: number; memoryMiB: number } {
  const { memoryMiB = 512, cpus: wanted = 0.1 } = limits
  const [plan = 'nf-compute-400', cpus = 4, memory = 8192] =
    PLANS.find(([, cpu, size]) => size >= memoryMiB && cpu >= wanted) ?? PLANS.at(-1) ?? []
  return { plan, cpus, memoryMiB: memory }
}

export function sizeOf(plan: string | undefined): { cpus: number; memoryMiB: number } | undefined {
  const [, cpus, memoryMiB] = PLANS.find(([name]) => name === plan) ?? []
  return cpus === undefined || memoryMiB === undefined ? undefined : { cpus, memoryMiB }
}
