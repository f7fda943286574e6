/** The lines of an answer as they come. Leaving the loop hangs up. */
export async function* linesOf(reply: Response): AsyncIterable<string> {
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  try {
    let rest = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '');
    }
    if (rest !== '') yield rest;
  } finally {
    // Only said: the other side ends by itself.
    void reader.cancel().catch(() => {});
  }
}

/** Server-Sent Events of an answer, each as its name and its data. */
export async function* messagesOf(reply: Response): AsyncIterable<unknown> {
  let name = '';
  for await (const line of linesOf(reply)) {
    if (line.startsWith('event: ')) name = line.slice(7);
    else if (line.startsWith('data: ')) yield { name, data: JSON.parse(line.slice(6)) };
  }
}
