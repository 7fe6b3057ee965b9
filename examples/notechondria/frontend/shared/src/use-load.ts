import { useCallback, useEffect, useState } from 'react'

/** What `load` gives, and again whenever `key` changes or `reload` is called. */
export function useLoad<T>(load: () => Promise<T>, key: unknown) {
  const [data, setData] = useState<T>()
  const [problem, setProblem] = useState('')
  const [turn, setTurn] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for what `load` closes over, `turn` asks anew
  useEffect(() => {
    let isCurrent = true
    load().then(
      (value) => {
        if (!isCurrent) return
        setData(() => value)
        setProblem('')
      },
      (error: unknown) => isCurrent && setProblem(error instanceof Error ? error.message : String(error)),
    )
    return () => {
      isCurrent = false
    }
  }, [key, turn])
  const reload = useCallback(() => setTurn((n) => n + 1), [])
  return { data, problem, reload }
}
