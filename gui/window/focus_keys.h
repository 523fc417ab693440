// Keys that the window has shortcuts on and that some controls need for themselves.
#pragma once

class QKeyEvent;
class QWidget;

namespace limoe::gui {

/// Whether `control`, which has the keyboard, does something of its own with the key: a button is
/// pressed by Space, a slider moved by arrows, a line of a tree folded, a long list paged, an entry
/// of a long combo box found by its letters. All other keys are the window's from everywhere; where
/// text is typed, Qt sees to that.
bool isKeyOf(const QWidget& control, const QKeyEvent& key);

}  // namespace limoe::gui
