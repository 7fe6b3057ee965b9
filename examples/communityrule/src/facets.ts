/** What a community says about itself, and what templates say they suit. */
export const FACETS = [
  {
    key: 'size',
    question: 'How many of you are there?',
    values: {
      few: '2 to 12',
      dozens: '13 to 50',
      hundreds: '51 to 200',
      many: '201 to 1,000',
      open: 'More, or anyone',
    },
  },
  {
    key: 'orgType',
    question: 'What brings you together?',
    values: {
      mutualAid: 'Mutual aid',
      openSource: 'Open source',
      cooperative: 'Cooperative',
      nonprofit: 'Nonprofit',
      neighborhood: 'Neighborhood',
      onlineGroup: 'Online group',
    },
  },
  {
    key: 'scale',
    question: 'Where are you?',
    values: { local: 'One place', regional: 'A region', national: 'A country', global: 'All over' },
  },
  {
    key: 'maturity',
    question: 'How far along are you?',
    values: { starting: 'Just starting', growing: 'Growing', settled: 'Settled', changing: 'Changing hands' },
  },
] as const

export type FacetKey = (typeof FACETS)[number]['key']
export type Answers = Partial<Record<FacetKey, string>>

/** `facet.size=few&facet.orgType=openSource`; keys and values that nobody knows are left out. */
export function readAnswers(query: URLSearchParams): Answers {
  const answers: Answers = {}
  for (const facet of FACETS) {
    const value = query.get(`facet.${facet.key}`)
    if (value !== null && Object.hasOwn(facet.values, value)) answers[facet.key] = value
  }
  return answers
}

/** `size:few`, one for each answer. */
export function facetsOf(answers: Answers): string[] {
  return Object.entries(answers).map(([key, value]) => `${key}:${value}`)
}
