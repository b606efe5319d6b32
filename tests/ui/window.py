# window.py - a running window: its accessible tree, keys, pointer, pictures
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pyatspi

PROGRAM, GALLERY, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "data/sample/relu"
NAME = "io.github.sparsoscope.Sparsoscope"
PATIENCE = 200 if os.environ.get("SPARSOSCOPE_SANITIZED") else 40
TABLES, ROWS = ("tree table",), ("table row",)
OLDER_ROLES = {"button": "push button", "toggle button": "push button"}    # GTK 4.8's words for what later ones say
EDGE = 5                                                                    # of a window without a manager, in pixels


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True,
                          timeout=PATIENCE).stdout


def is_owned(name):
    """Whether the bus still has a program of this name, to which the next would hand what it is to open."""
    return "true" in run("dbus-send", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner",
                         f"string:{name}")


class Missed(AssertionError):
    """What was waited for did not come."""


def wait(what, check, seconds=PATIENCE):
    """The first true value of check(); a sentence about what was waited for otherwise."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            value = check()
        except Exception:  # a node may go while it is looked at
            value = None
        if value:
            return value
        time.sleep(0.1)
    raise Missed(f"not within {seconds} s: {what}")


def nodes(root, closed=()):
    """Everything below root that is on screen, depth first; not what is inside nodes of the closed roles."""
    for i in range(root.childCount):
        child = root.getChildAtIndex(i)
        if child is None or not child.getState().contains(pyatspi.STATE_VISIBLE):
            continue
        yield child
        if child.getRoleName() not in closed:
            yield from nodes(child, closed)


def role(node):
    return OLDER_ROLES.get(node.getRoleName(), node.getRoleName())


def title(node):
    """The name on screen: GTK 4.8 has a mnemonic's _ in it, 4.18 none for menu items but the label they belong to."""
    name = node.name
    if not name and role(node) == "menu item":
        label = node.getRelationSet()[0].getTarget(0)
        name = label.queryText().getText(0, -1)
    return name.replace("_", "")


def action(node, wanted="click"):
    """The number of the action with this name, or None."""
    try:
        actions = node.queryAction()
    except NotImplementedError:
        return None
    return next((i for i in range(actions.nActions) if actions.getName(i) == wanted), None)


def tell(name, story):
    """A story, once more where something did not come: a key or click can get lost.  Never where the program failed."""
    try:
        story()
    except Missed as error:
        if any(window.has_failed() for window in Window.running):
            raise
        print("again", name, "after:", error, flush=True)
        run("import", "-window", "root", GALLERY / f"missed-{name}.png")
        for window in Window.running:
            window.process.kill()
            window.process.wait()
        Window.running.clear()
        story()
    print("ok", name, flush=True)


class Window:
    """The program with files opened, and its newest window."""

    running = []

    def __init__(self, *paths, **environment):
        self.known = {}
        Window.running.append(self)
        self.process = subprocess.Popen([PROGRAM, *[str(path) for path in paths]], env={**os.environ, **environment},
                                        stderr=subprocess.PIPE, text=True)
        self.id = self.first_id()
        run("xdotool", "windowfocus", self.id)
        self.app = wait("the program on the accessibility bus", self.find_app)

    def first_id(self):
        """Ended without one, it says how."""
        found = wait("a window, or its end", lambda: self.ids() or self.process.poll() is not None)
        if found is True:
            raise Missed(f"the program ended before it had a window: exit {self.process.returncode}, {self.process.stderr.read()}")
        return found[-1]

    def ids(self):
        return subprocess.run(["xdotool", "search", "--onlyvisible", "--pid", str(self.process.pid)],
                              capture_output=True, text=True).stdout.split()

    def focus_newest(self):
        self.id = self.ids()[-1]
        run("xdotool", "windowfocus", self.id)

    def find_app(self):
        for app in pyatspi.Registry.getDesktop(0):
            if app is not None and app.get_process_id() == self.process.pid and app.childCount > 0:
                return app
        return None

    def summon(self, keys, wanted, name):
        """What these keys bring.  X without a manager of windows may leave the focus with what was just closed."""
        def brought():
            run("xdotool", "windowfocus", self.id)
            self.key(keys)
            return self.need(wanted, name, seconds=3)
        return wait(f"{wanted} '{name}' after {keys}", brought)

    def press_for_another(self, node):
        """Presses what opens a window, and turns to that one."""
        known = self.ids()
        self.press(node)
        self.id = wait("another window", lambda: [number for number in self.ids() if number not in known])[0]
        time.sleep(1)
        run("xdotool", "windowfocus", self.id)

    def find(self, wanted, name, root=None):
        """A node on screen with this role whose name begins with name."""
        for node in nodes(root or self.app, TABLES):
            if role(node) == wanted and title(node).startswith(name.replace("_", "")):
                return node
        return None

    def need(self, wanted, name, root=None, seconds=PATIENCE):
        return wait(f"{wanted} '{name}'", lambda: self.find(wanted, name, root), seconds)

    def labels(self, root=None):
        return [node.name for node in nodes(root or self.app, () if root else TABLES)
                if node.getRoleName() == "label" and node.name]

    def sentence(self, pattern):
        """The first label outside tables in which this is found, or ""; where it was is looked at first."""
        known = self.known.get(pattern)
        try:
            if known and re.search(pattern, known.name) and known.getState().contains(pyatspi.STATE_SHOWING):
                return known.name
        except Exception:  # it is gone
            pass
        self.known[pattern] = next((node for node in nodes(self.app, TABLES)
                                    if node.getRoleName() == "label" and re.search(pattern, node.name)), None)
        return self.known[pattern].name if self.known[pattern] else ""

    def tables(self):
        return [node for node in nodes(self.app, TABLES) if node.getRoleName() in TABLES]

    def rows(self, table):
        return [node for node in nodes(table, ROWS) if node.getRoleName() in ROWS]

    def row(self, name):
        """The labels of the first row, in any table, whose first one is this."""
        for table in self.tables():
            for row in self.rows(table):
                if next((node.name for node in nodes(row) if node.getRoleName() == "label" and node.name), None) == name:
                    return self.labels(row)
        return []

    def press(self, node):
        """What a click does, by the action of the node or of the button inside a menu button."""
        button = next(one for one in [node, *nodes(node)] if action(one) is not None)
        button.queryAction().doAction(action(button))
        time.sleep(0.4)

    def box(self, node):
        """x, y, width, height in pixels of the X window.

        GTK 4.8 counts from inside the frame's edge; 4.18 from the edge and takes the edge away twice, and leaves
        the padding of everything around the node out: what is in a padded box there lies further right and down.
        """
        frame = node
        while role(frame) not in ("frame", "dialog", "window"):
            frame = frame.parent
        extents, outside = (one.queryComponent().getExtents(pyatspi.WINDOW_COORDS) for one in (node, frame))
        return extents.x - outside.x + EDGE, extents.y - outside.y + EDGE, extents.width, extents.height

    def key(self, *keys):
        """A window that a key closes may be gone before the key is let go, which xdotool takes for a failure."""
        for key in keys:
            try:
                run("xdotool", "key", "--window", self.id, key)
            except subprocess.CalledProcessError:
                if self.id in self.ids():
                    raise
            time.sleep(0.15)

    def type(self, text):
        run("xdotool", "type", "--window", self.id, "--delay", 15, text)
        time.sleep(0.3)

    def enter(self, text):
        """Into the entry with the focus, at once: a file chooser that completes names while they are typed drops letters."""
        wanted = (pyatspi.STATE_FOCUSED, pyatspi.STATE_EDITABLE)
        entry = wait("an entry with the focus", lambda: next(
            node for node in nodes(self.app, TABLES) if all(map(node.getState().contains, wanted))))
        entry.queryEditableText().setTextContents(text)
        time.sleep(1)

    def move(self, x, y):
        run("xdotool", "mousemove", "--window", self.id, round(x), round(y))
        time.sleep(0.1)

    def click(self, x, y, button=1):
        self.move(x, y)
        run("xdotool", "click", button)
        time.sleep(0.3)

    def click_on(self, node):
        """With the pointer, but buttons, which are small and stand in padded boxes, by their action."""
        if role(node) == "push button":
            self.press(node)
            return
        x, y, width, height = self.box(node)
        self.click(x + width / 2, y + height / 2)

    def drag(self, x, y, to_x, to_y):
        self.move(x, y)
        run("xdotool", "mousedown", 1)
        for step in range(1, 9):
            self.move(x + (to_x - x) * step / 8, y + (to_y - y) * step / 8)
        run("xdotool", "mouseup", 1)
        time.sleep(0.4)

    def resize(self, width, height):
        run("xdotool", "windowsize", self.id, width, height)
        time.sleep(1)

    def picture(self, path):
        time.sleep(0.6)
        run("import", "-window", self.id, path)

    def pixels(self):
        """(width, height, bytes) of the window, three bytes a pixel."""
        command = ["import", "-window", self.id, "-depth", "8", "ppm:-"]
        data = subprocess.run(command, check=True, capture_output=True).stdout
        kind, width, height, _ = data[:40].split(maxsplit=4)[:4]
        assert kind == b"P6"
        return int(width), int(height), data[-int(width) * int(height) * 3:]

    def has_failed(self):
        """It ended by itself: fatal criticals and crashes do that."""
        return self.process.poll() not in (None, 0, -signal.SIGTERM)

    def close(self):
        """Ends it the way a person does and expects it to have lived until then."""
        assert self.process.poll() is None, f"the program ended early: {self.process.stderr.read()}"
        self.process.terminate()
        _, errors = self.process.communicate(timeout=10)
        wait("its name to be free for the next", lambda: not is_owned(NAME))
        return [line for line in errors.splitlines() if re.search("CRITICAL|WARNING|Sanitizer|runtime error", line)]
