// Dear ImGui inside a QOpenGLWidget: our small Qt platform backend (input, cursor, clipboard,
// HiDPI, fonts, theme). The OpenGL 3 renderer is the library's own.
//
// One host, and so one ImGui context, per widget. Every public function makes that context the
// current one, so several widgets can live side by side. GUI thread only.
//
// Order: createGl() in initializeGL, then for each frame beginFrame(), ImGui calls, endFrame();
// destroyGl() with the OpenGL context still current, before it goes (floating a dock can destroy
// it); createGl() may follow again.
#pragma once

#include <imgui.h>

#include <QByteArray>
#include <QElapsedTimer>
#include <array>
#include <vector>

class QEvent;
class QKeyEvent;
class QMouseEvent;
class QOpenGLWidget;

namespace limoe::gui {

class ImGuiHost {
 public:
  explicit ImGuiHost(QOpenGLWidget& widget);
  ~ImGuiHost();
  ImGuiHost(const ImGuiHost&) = delete;
  ImGuiHost& operator=(const ImGuiHost&) = delete;

  void createGl();
  void destroyGl();
  bool hasGl() const { return has_gl_; }

  void beginFrame();
  void endFrame();

  /// Feeds input to ImGui: mouse, wheel, leave, and keys while a text field is active.
  void feed(const QEvent& event);
  /// A text field of ours has the keyboard: keys are its, not the window's shortcuts.
  bool wantsText() const;
  /// Keys go from control to control of an ImGui window (arrows, Space, Enter); nullptr: no more.
  void navigate(const char* window);
  bool isNavigating() const { return navigating_; }
  /// An ImGui window is open above everything else (a list), so clicks are its own.
  bool hasPopup() const;
  void closePopups();

  /// The font rasterised nearest to `pixels` (logical) without being larger, so that text drawn at
  /// fontSize() of it is sharp. Below the smallest: the smallest.
  ImFont* fontFor(float pixels) const;
  /// Logical size at which that font is sharp.
  float fontSize(const ImFont* font) const;
  float pixelRatio() const { return pixel_ratio_; }

  /// Takes colours from the widget's palette.
  void updateTheme();

 private:
  void buildFonts();
  void feedMouse(const QMouseEvent& event);
  void feedKey(const QKeyEvent& event);
  void updateCursor();
  float uiFontPixels() const;

  QOpenGLWidget& widget_;
  ImGuiContext* context_ = nullptr;
  bool has_gl_ = false;
  float pixel_ratio_ = 0;
  float ui_font_pixels_ = 0;
  QByteArray font_file_;
  QByteArray clipboard_;
  QElapsedTimer clock_;
  std::vector<ImFont*> fonts_;  ///< ascending; the UI font is Fonts[0] of the atlas, not in here
  /// A press and release between two frames must still be seen by one frame.
  std::array<bool, 3> pressed_since_frame_{};
  std::array<bool, 3> mouse_down_{};
  bool navigating_ = false;
  static constexpr std::size_t kKeyCount = 17;
  std::array<bool, kKeyCount> key_pressed_since_frame_{};  ///< as for the mouse's
  std::array<bool, kKeyCount> key_down_{};
};

}  // namespace limoe::gui
