# drive-window.py - does with the window what a person does, and checks what it says against own counts
# SPDX-License-Identifier: GPL-3.0-or-later
import sys

import dumps
import explore
import keyboard
import laws
import narrow
import opening
import perplexity
import recording
import saes
import selection
import stories
from window import tell

# name → story; "explores" alone has steps, which can be chosen after it
STORIES = {
    "explores": lambda: explore.explores(sys.argv[5:]),
    "tells_errors": stories.tells_errors,
    "cancels": stories.cancels,
    "refines": stories.refines,
    "refines_when_asked": stories.refines_when_asked,
    "welcomes": stories.welcomes,
    "looks": stories.looks,
    "opens_activations": dumps.opens_activations,
    "measures_cett": dumps.measures_cett,
    "chooses_sites": dumps.chooses_sites,
    "opens_counts": dumps.opens_counts,
    "writes_thresholds": dumps.writes_thresholds,
    "finds_tokenizers": dumps.finds_tokenizers,
    "shows_laws": laws.shows_laws,
    "measures_runs": laws.measures_runs,
    "shows_features": saes.shows_features,
    "feeds_features": saes.feeds_features,
    "chooses_layers": saes.chooses_layers,
    "opens_counts_of_features": saes.opens_counts_of_features,
    "maps_features": saes.maps_features,
    "explores_features": saes.explores_features,
    "filters_features": saes.filters_features,
    "compares_features": saes.compares_features,
    "names_long_partners": saes.names_long_partners,
    "measures_perplexity": perplexity.measures_perplexity,
    "opens_losses": perplexity.opens_losses,
    "stops_perplexity": perplexity.stops_perplexity,
    "tells_texts_that_cannot_be_read": perplexity.tells_texts_that_cannot_be_read,
    "tells_values_that_are_lost": perplexity.tells_values_that_are_lost,
    "records": recording.records,
    "records_from_the_tree": recording.records_from_the_tree,
    "stops_recording": recording.stops_recording,
    "links_selection": selection.links_selection,
    "links_batches": selection.links_batches,
    "looks_closer_at_neurons": selection.looks_closer_at_neurons,
    "shows_top_tokens": selection.shows_top_tokens,
    "looks_at_dumps": selection.looks_at_dumps,
    "takes_drops": opening.takes_drops,
    "tells_portals_that_fail": opening.tells_portals_that_fail,
    "keeps_order": opening.keeps_order,
    "opens_a_second_file": opening.opens_a_second_file,
    "has_windows": opening.has_windows,
    "remembers": opening.remembers,
    "chooses_slices": stories.chooses_slices,
    "names_everything": keyboard.names_everything,
    "has_shortcuts": keyboard.has_shortcuts,
    "is_narrow": narrow.is_narrow,
    "speaks_german": narrow.speaks_german,
    "folds": narrow.folds,
    "works_without_a_pointer": keyboard.works_without_a_pointer,
}

for name in sys.argv[4:5] or STORIES:
    tell(name, STORIES[name])
