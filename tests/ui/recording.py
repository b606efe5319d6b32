# recording.py - the dialog that runs a model on a text: what it writes, what it refuses, and when it is stopped
# SPDX-License-Identifier: GPL-3.0-or-later
import pathlib
import subprocess

import pyatspi

from selection import click_row, row_label
from window import GALLERY, PROGRAM, SAMPLE, SCRATCH, Window, role, run, wait

TEXT = SAMPLE.parent / "text/heldout.txt"
CLI = pathlib.Path(PROGRAM).resolve().parents[1] / "cli/sparsoscope-cli"


def open_dialog(window):
    known = window.ids()
    window.summon("ctrl+r", "push button", "_Record…")
    window.id = wait("the dialog", lambda: [number for number in window.ids() if number not in known])[0]
    run("xdotool", "windowfocus", window.id)
    assert "Unknown until a text is chosen" in window.labels()


def is_sensitive(node):
    return node.getState().contains(pyatspi.STATE_SENSITIVE)


def choose_text(window, title):
    window.press(window.need("push button", "Files at Hand"))
    window.press(window.need("push button", title))
    wait("a way to record", lambda: is_sensitive(window.find("push button", "_Record…")))


def save_as(window, path):
    dialog = window.id
    window.press_for_another(window.need("push button", "_Record…"))
    window.enter(str(path))
    window.key("Return")
    window.id = dialog


def records():
    """The same bytes as the command line's, opened beside the model; what was lost is said."""
    wanted, path = SCRATCH / "wanted.safetensors", SCRATCH / "new.safetensors"
    run(CLI, "record", SAMPLE, TEXT, "-o", wanted, "--layers", "1-2", "--what", "act,mlp_out", "--quiet")
    window = Window(SAMPLE)
    main = window.id
    wait("the model", lambda: window.row("relu"))
    open_dialog(window)
    window.picture(GALLERY / "record-light.png")
    choose_text(window, "Sample: heldout.txt")
    window.click_on(window.need("check box", "FFN output"))
    layers = window.need("text", "Layers")
    layers.queryEditableText().setTextContents("1-9")
    wait("what is wrong with the layers", lambda: window.sentence("layers '1-9' are not of the form 0,3-5, with numbers from 0 to 3"))
    assert not is_sensitive(window.find("push button", "_Record…"))
    window.picture(GALLERY / "record-wrong.png")
    layers.queryEditableText().setTextContents("1-2")
    wait("the size of the file", lambda: window.sentence(r"^3\.8\sMB: 6 tensors"))
    window.picture(GALLERY / "record-chosen.png")
    save_as(window, "/sys/new.safetensors")
    wait("a sentence about the place", lambda: window.sentence("^/sys/new.safetensors cannot be written"))
    window.picture(GALLERY / "record-failed.png")
    save_as(window, path)
    window.id = main
    wait("the dump", lambda: window.row("new.safetensors") and window.row("relu"))
    assert path.read_bytes() == wanted.read_bytes(), "other bytes than the command line's"
    assert not window.find("push button", "_Record…"), "the dialog is done"
    window.need("push button", "Activations")
    window.picture(GALLERY / "record-opened.png")
    assert not window.close()


def open_menu(window, name):
    """Of a row of the tree, by the pointer's second button."""
    x, y, width, height = window.box(row_label(window, name))
    window.click(x + width / 2, y + height / 2, button=3)
    return window.need("menu item", "Close Source")


def records_from_the_tree():
    """What a row's menu does is about that row's source, whatever is shown; a dump cannot be run."""
    window = Window(SAMPLE, SAMPLE.parent / "activations")
    main = window.id
    wait("a model and a dump", lambda: window.row("relu") and window.row("activations"))
    open_menu(window, "activations")
    assert not window.find("menu item", "Record Activations…"), "a dump is no model"
    window.key("Escape")
    wait("the menu to go", lambda: not window.find("menu item", "Close Source"))
    open_menu(window, "relu")
    window.press_for_another(window.need("menu item", "Record Activations…"))
    dialog = window.need("push button", "_Record…")
    while role(dialog) not in ("frame", "dialog", "window"):
        dialog = dialog.parent
    assert "relu" in window.labels(dialog), "the model's name is below the dialog's"
    window.key("Escape")
    window.id = main
    wait("the dialog to go", lambda: window.ids() == [main])
    run("xdotool", "windowfocus", main)
    click_row(window, "activations")
    window.key("shift+F10")
    window.press(window.need("menu item", "Close Source"))
    wait("the dump to leave the tree", lambda: window.row("relu") and not window.row("activations"))
    assert not window.close()


def stops_recording():
    """By Escape, and by closing the window: nothing is left of the file."""
    folder = SCRATCH / "stopped"
    folder.mkdir(exist_ok=True)
    (SCRATCH / "model").mkdir(exist_ok=True)
    for part in SAMPLE.iterdir():
        (SCRATCH / "model" / part.name).write_bytes(part.read_bytes())
    (SCRATCH / "model/long.txt").write_text(TEXT.read_text() * 400)
    window = Window(SCRATCH / "model")
    main = window.id
    wait("the model", lambda: window.row("model"))
    open_dialog(window)
    choose_text(window, "long.txt")
    save_as(window, folder / "a.safetensors")
    wait("progress", lambda: window.sentence(r"^Layer \d of 4"))
    window.picture(GALLERY / "record-running.png")
    window.press(window.need("push button", "_Cancel"))
    wait("a way to record again", lambda: is_sensitive(window.find("push button", "_Record…")))
    assert not list(folder.iterdir()), "nothing is left of what was stopped"
    save_as(window, folder / "b.safetensors")
    wait("progress", lambda: window.sentence(r"^Layer \d of 4"))
    assert list(folder.iterdir()), "it is being written"
    run("xdotool", "windowfocus", main)
    subprocess.run(["xdotool", "key", "--window", main, "ctrl+w"], check=False)
    status = wait("the program to end", lambda: window.process.poll() is not None and [window.process.returncode])
    assert status == [0], window.process.stderr.read()
    assert not list(folder.iterdir()), "nothing is left behind"
    Window.running.remove(window)
