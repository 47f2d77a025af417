// SIGINT and SIGTERM as a wish to stop: the work looks now and then, saves, and leaves.
#pragma once

namespace aux_training {

// From here on the first such signal is only noted, and one noted before is forgotten; a second one
// ends the process at once. That nobody reads the output any more (train | head) ends nothing.
void note_interrupts();

// The signal that came, or 0.
int interrupt();

}  // namespace aux_training
