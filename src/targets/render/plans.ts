import type { Component } from '../../model/app.ts'

/** Names of plans with what an instance has there, smallest first. */
const PLANS: [name: string, memoryMiB: number, cpus: number][] = [
  ['starter', 512, 0.5],
  ['standard', 2048, 1],
  ['pro', 4096, 2],
  ['pro plus', 8192, 4],
  ['pro max', 16_384, 4],
  ['pro ultra', 32_768, 8],
]

/** The smallest plan that holds what a component may take; at least the one that is asked for. */
export function planFor(component: Component, wanted: string | undefined): { plan: string; memoryMiB: number; cpus: number } {
  const { memoryMiB = 0, cpus = 0 } = component.limits
  const from = Math.max(
    0,
    PLANS.findIndex(([name]) => name === wanted),
  )
  // Crons have none of the largest two.
  const known = component.type === 'cron' ? PLANS.slice(0, 4) : PLANS
  const fits = known.find(([, memory, cpu], i) => i >= from && memory >= memoryMiB && cpu >= cpus) ?? known.at(-1)
  const [plan = 'starter', memory = 512, cpu = 0.5] = fits ?? []
  return { plan, memoryMiB: memory, cpus: cpu }
}

/** Memory of a plan, by its old name or a new one such as `1c-2g`. */
export function memoryOf(plan: string): number | undefined {
  const known = PLANS.find(([name]) => name === plan)
  if (known) return known[1]
  const [, size, unit] = /^[\d.]+c-(\d+)(mb|g)$/.exec(plan) ?? []
  if (size === undefined) return plan === 'free' ? 512 : undefined
  return Number(size) * (unit === 'g' ? 1024 : 1)
}
