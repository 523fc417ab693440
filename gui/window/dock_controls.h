// Names and tooltips of the controls that Qt itself puts into docks, tool bars and spin boxes.
#pragma once

class QDockWidget;
class QTabBar;
class QWidget;

namespace limoe::gui {

/// Its buttons; and what takes the keyboard in it and has no name gets the dock's.
void nameDockControls(QDockWidget& dock);
/// A bar of tabs without a name is one of docks that share a place.
void nameTabControls(QTabBar& bar);
/// Of a tool bar or a menu bar.
void nameBarControls(QWidget& bar);

}  // namespace limoe::gui
