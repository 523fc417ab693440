#include "gui/window/application.h"

#include <QApplication>
#include <QSurfaceFormat>

#include "gui/view/wrapped_tips.h"
#include "gui/window/appearance.h"

namespace limoe::gui {

void prepareApplication() {
  // Floating a dock moves its window to another native surface; without shared contexts Qt then
  // destroys every QOpenGLWidget's context in it.
  QCoreApplication::setAttribute(Qt::AA_ShareOpenGLContexts);
  QSurfaceFormat format = QSurfaceFormat::defaultFormat();
  format.setRenderableType(QSurfaceFormat::OpenGL);
  format.setVersion(3, 3);
  format.setProfile(QSurfaceFormat::CoreProfile);
  QSurfaceFormat::setDefaultFormat(format);
  QGuiApplication::setHighDpiScaleFactorRoundingPolicy(
      Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
}

void setUpApplication(QApplication& application) {
  application.setOrganizationName("limoe-scope");
  application.setApplicationName("limoe-scope");
  application.setApplicationDisplayName("LIMoE Scope");
  application.setApplicationVersion(LIMOE_SCOPE_VERSION);
  application.installEventFilter(new WrappedTips(&application));
  applyAppearance({});
}

}  // namespace limoe::gui
