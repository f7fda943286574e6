/** A topic filter (MQTT 5.0, 4.7) that also gives what its wildcards stood for. */
export interface TopicFilter {
  readonly text: string;
  /** The levels that `+` matched, in order, and the rest that `#` matched; undefined when the topic does not match. */
  match(topic: string): readonly string[] | undefined;
}

/** What is wrong with a filter or, where wildcards are not allowed, a topic name (4.7.1, 4.7.3). */
export function topicProblem(text: string, wildcards: boolean): string | undefined {
  if (text.length === 0) return 'a topic has at least one character';
  if (Buffer.byteLength(text) > 65_535) return 'a topic has at most 65,535 bytes';
  if (text.includes('\0')) return 'a topic cannot hold the character U+0000';
  if (!wildcards) return /[+#]/.test(text) ? 'wildcards + and # are for subscriptions only' : undefined;
  const levels = text.split('/');
  const bad = levels.findIndex((level, i) =>
    level.length > 1 ? /[+#]/.test(level) : level === '#' && i < levels.length - 1,
  );
  if (bad < 0) return undefined;
  return `'${levels[bad]}' is no level: + stands alone, # stands alone and last`;
}

/** @param text a filter without `topicProblem` */
export function topicFilter(text: string): TopicFilter {
  const levels = text.split('/');
  return {
    text,
    match(topic) {
      // Topics of the broker itself are not matched by a leading wildcard (4.7.2).
      if (topic.startsWith('$') && !text.startsWith('$')) return undefined;
      const parts = topic.split('/');
      const found: string[] = [];
      for (const [i, level] of levels.entries()) {
        if (level === '#') return [...found, parts.slice(i).join('/')];
        const part = parts[i];
        if (part === undefined || (level !== '+' && level !== part)) return undefined;
        if (level === '+') found.push(part);
      }
      return parts.length === levels.length ? found : undefined;
    },
  };
}
