# SPDX-License-Identifier: LGPL-2.1-or-later
# Written by hand; tests/cli/completions.bats compares them with the program.

bashcompletiondir = $(datadir)/bash-completion/completions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
zshcompletiondir = $(datadir)/zsh/site-functions

dist_bashcompletion_DATA = %D%/cpugate.bash
dist_fishcompletion_DATA = %D%/cpugate.fish
dist_zshcompletion_DATA = %D%/_cpugate
