// Tests in real windows: one QApplication for all of them, as in the program.
#include <gmock/gmock.h>

#include <QApplication>
#include <QSurfaceFormat>

#include "gui/window/application.h"

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  limoe::gui::prepareApplication();
  QApplication application(argc, argv);
  limoe::gui::setUpApplication(application);
  return RUN_ALL_TESTS();
}
