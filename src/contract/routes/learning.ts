import { LearnBody, TakeLearnedQuery } from './learning-requests.ts';
import type { Route } from './route.ts';

const place = { in: 'params', field: 'id' } as const;

/** Detectors learn; slashes of their ids are written as %2F here. */
export const LEARNING_ROUTES = {
  learn: {
    method: 'POST',
    path: '/api/detectors/{id}/learn',
    group: 'detectors',
    role: 'engineer',
    area: place,
    summary: 'A detector learns from a stated period of good running',
    about:
      'Answers at once; how far it has come is asked for by GET …/learning. The past is read in a thread of its own, one ' +
      'detector at a time. What is unfit to learn from is refused, what is doubtful is learned and says so.',
    body: LearnBody,
    reply: { json: 'LearningStatus' },
    faults: [
      'detector.unknown',
      'detector.kind',
      'detector.period',
      'detector.learning-busy',
      'detector.no-reason',
      'detector.pinned',
    ],
  },
  learning: {
    method: 'GET',
    path: '/api/detectors/{id}/learning',
    group: 'detectors',
    role: 'viewer',
    area: place,
    summary: 'How far a detector has come with learning, or what became of it',
    about: 'Of the last time since the start of the site.',
    reply: { json: 'LearningStatus' },
    faults: ['detector.unknown', 'detector.not-learning'],
  },
  endLearning: {
    method: 'POST',
    path: '/api/detectors/{id}/learning/end',
    group: 'detectors',
    role: 'engineer',
    area: place,
    summary: 'Ends the learning of a detector; nothing of it is kept',
    reply: { json: 'LearningStatus' },
    faults: ['detector.unknown', 'detector.not-learning'],
  },
  learnedFile: {
    method: 'GET',
    path: '/api/detectors/{id}/learned',
    group: 'detectors',
    role: 'viewer',
    area: place,
    summary: 'The file of what a detector learned last',
    about: 'Signals are named without the asset in it, so that detectors of equal assets can take it.',
    reply: { file: ['application/vnd.holdfast.learned+json'] },
    faults: ['detector.unknown', 'detector.not-learned'],
  },
  takeLearned: {
    method: 'POST',
    path: '/api/detectors/{id}/learned',
    group: 'detectors',
    role: 'engineer',
    area: place,
    summary: 'A detector goes on with what one of an equal asset learned',
    about: 'The file must be of the same kind, with the same signals in the same order.',
    query: TakeLearnedQuery,
    upload: ['application/vnd.holdfast.learned+json'],
    reply: { json: 'TakenLearned' },
    faults: ['detector.unknown', 'detector.learned', 'detector.other-learned', 'detector.pinned'],
  },
} as const satisfies { readonly [id: string]: Route };
