// What every program and test with our windows does before and after making its QApplication.
#pragma once

class QApplication;

namespace limoe::gui {

/// Before QApplication exists: OpenGL 3.3 core profile (shared contexts, so that floating a dock
/// does not lose the canvas's context) and the scale factor's rounding.
void prepareApplication();

/// After: names, version and style; light or dark as the system.
void setUpApplication(QApplication& application);

}  // namespace limoe::gui
