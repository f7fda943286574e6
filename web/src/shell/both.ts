/*
 * Small parts that the first pages of both consoles need: named here, they are in the script that both have, and none is a
 * file of its own that a first visit has to ask for.
 */
import '../parts/age.tsx';
import '../parts/alarms.ts';
import '../parts/event-facts.tsx';
import '../parts/event-words.ts';
import '../parts/peer-states.ts';
import '../parts/priority.tsx';
import '../parts/table.tsx';
import '../parts/tile.tsx';
