// Names and tooltips of the controls that Qt itself puts into docks, tool bars and spin boxes.
#pragma once

class QDockWidget;
class QWidget;

namespace limoe::gui {

/// Its buttons; and what takes the keyboard in it and has no name gets the dock's.
void nameDockControls(QDockWidget& dock);
/// Of a tool bar or a menu bar.
void nameBarControls(QWidget& bar);

}  // namespace limoe::gui
