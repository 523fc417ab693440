#include "gui/canvas/imgui_host.h"

#include <backends/imgui_impl_opengl3.h>

#include <QClipboard>
#include <QCursor>
#include <QDirIterator>
#include <QFile>
#include <QFontInfo>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QOpenGLWidget>
#include <QStandardPaths>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

/// Sizes at which text is rasterised (logical pixels): captions grow with the zoom, and text is
/// only sharp at the size it was rasterised for. Larger text is stretched from the last.
constexpr std::array<float, 12> kFontSizes = {8, 9, 10, 11, 12, 13.5F, 15, 17, 19, 22, 25, 29};

// Latin with its extensions, Greek, Cyrillic, punctuation, arrows, signs of comparison.
constexpr std::array<ImWchar, 15> kGlyphs = {0x20,   0x17F,  0x370,  0x3FF,  0x400,
                                             0x45F,  0x2010, 0x2027, 0x2190, 0x2195,
                                             0x2260, 0x2265, 0xFFFD, 0xFFFD, 0};

constexpr float kNowhere = -std::numeric_limits<float>::max();

QByteArray readFont() {
  // Debian keeps it in a sub-folder of the fonts' folder, other systems elsewhere.
  for (const auto& folder : QStandardPaths::standardLocations(QStandardPaths::FontsLocation)) {
    QDirIterator files(folder, {QStringLiteral("DejaVuSans.ttf")}, QDir::Files,
                       QDirIterator::Subdirectories);
    if (files.hasNext()) {
      QFile file(files.next());
      if (file.open(QIODevice::ReadOnly)) {
        return file.readAll();
      }
    }
  }
  return {};
}

ImVec4 toImGui(const QColor& color, float alpha = 1) {
  return {static_cast<float>(color.redF()), static_cast<float>(color.greenF()),
          static_cast<float>(color.blueF()), alpha};
}

int buttonIndex(Qt::MouseButton button) {
  switch (button) {
    case Qt::LeftButton:
      return 0;
    case Qt::RightButton:
      return 1;
    case Qt::MiddleButton:
      return 2;
    default:
      return -1;
  }
}

/// Keys that text fields and lists need.
const std::array<std::pair<int, ImGuiKey>, 17> kKeys = {{{Qt::Key_Tab, ImGuiKey_Tab},
                                                         {Qt::Key_Left, ImGuiKey_LeftArrow},
                                                         {Qt::Key_Right, ImGuiKey_RightArrow},
                                                         {Qt::Key_Up, ImGuiKey_UpArrow},
                                                         {Qt::Key_Down, ImGuiKey_DownArrow},
                                                         {Qt::Key_Home, ImGuiKey_Home},
                                                         {Qt::Key_End, ImGuiKey_End},
                                                         {Qt::Key_Delete, ImGuiKey_Delete},
                                                         {Qt::Key_Backspace, ImGuiKey_Backspace},
                                                         {Qt::Key_Return, ImGuiKey_Enter},
                                                         {Qt::Key_Escape, ImGuiKey_Escape},
                                                         {Qt::Key_Space, ImGuiKey_Space},
                                                         {Qt::Key_A, ImGuiKey_A},
                                                         {Qt::Key_C, ImGuiKey_C},
                                                         {Qt::Key_V, ImGuiKey_V},
                                                         {Qt::Key_X, ImGuiKey_X},
                                                         {Qt::Key_Z, ImGuiKey_Z}}};

#if IMGUI_VERSION_NUM < 18700
void mapKeys(ImGuiIO& io) {
  // The old interface numbers keys as the platform likes: here by their place in kKeys.
  for (std::size_t k = 0; k < kKeys.size(); ++k) {
    io.KeyMap[kKeys[k].second] = static_cast<int>(k);
  }
}
#endif

}  // namespace

ImGuiHost::ImGuiHost(QOpenGLWidget& widget) : widget_(widget), font_file_(readFont()) {
  context_ = ImGui::CreateContext();
  ImGui::SetCurrentContext(context_);
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.BackendPlatformName = "limoe_scope_qt";
  io.BackendFlags |= ImGuiBackendFlags_HasMouseCursors;
#if IMGUI_VERSION_NUM < 18700
  mapKeys(io);
#endif
#if IMGUI_VERSION_NUM < 19110
  io.ClipboardUserData = this;
  io.SetClipboardTextFn = [](void*, const char* text) {
    QGuiApplication::clipboard()->setText(QString::fromUtf8(text));
  };
  io.GetClipboardTextFn = [](void* host) {
    QByteArray& held = static_cast<ImGuiHost*>(host)->clipboard_;
    held = QGuiApplication::clipboard()->text().toUtf8();
    return held.constData();
  };
#else
  ImGuiPlatformIO& platform = ImGui::GetPlatformIO();
  platform.Platform_ClipboardUserData = this;
  platform.Platform_SetClipboardTextFn = [](ImGuiContext*, const char* text) {
    QGuiApplication::clipboard()->setText(QString::fromUtf8(text));
  };
  platform.Platform_GetClipboardTextFn = [](ImGuiContext*) {
    auto* host = static_cast<ImGuiHost*>(ImGui::GetPlatformIO().Platform_ClipboardUserData);
    host->clipboard_ = QGuiApplication::clipboard()->text().toUtf8();
    return host->clipboard_.constData();
  };
#endif
  updateTheme();
  clock_.start();
}

ImGuiHost::~ImGuiHost() {
  ImGui::DestroyContext(context_);
}

void ImGuiHost::createGl() {
  ImGui::SetCurrentContext(context_);
  if (!has_gl_) {
    ImGui_ImplOpenGL3_Init("#version 330 core");
    has_gl_ = true;
  }
}

void ImGuiHost::destroyGl() {
  ImGui::SetCurrentContext(context_);
  if (has_gl_) {
    ImGui_ImplOpenGL3_Shutdown();
    has_gl_ = false;
  }
}

float ImGuiHost::uiFontPixels() const {
  return static_cast<float>(std::max(8, QFontInfo(widget_.font()).pixelSize()));
}

void ImGuiHost::buildFonts() {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  atlas.Clear();
  fonts_.clear();
  if (font_file_.isEmpty()) {
    ImFontConfig config;
    config.SizePixels = std::round(13 * pixel_ratio_);
    fonts_.push_back(atlas.AddFontDefault(&config));
  } else {
    ImFontConfig config;
    config.FontDataOwnedByAtlas = false;
    // Text stands on whole pixels, so finer sampling would only cost time at the start.
    config.OversampleH = 1;
    config.OversampleV = 1;
    config.PixelSnapH = true;
    const auto add = [&](float pixels) {
      return atlas.AddFontFromMemoryTTF(font_file_.data(), static_cast<int>(font_file_.size()),
                                        std::round(pixels * pixel_ratio_), &config, kGlyphs.data());
    };
    add(ui_font_pixels_);
    for (const float pixels : kFontSizes) {
      fonts_.push_back(add(pixels));
    }
  }
  atlas.Build();
  ImGui::GetIO().FontGlobalScale = 1 / pixel_ratio_;
}

ImFont* ImGuiHost::fontFor(float pixels) const {
  ImFont* best = fonts_.front();
  for (ImFont* font : fonts_) {
    if (fontSize(font) <= pixels + 0.01F) {
      best = font;
    }
  }
  return best;
}

float ImGuiHost::fontSize(const ImFont* font) const {
  return font->FontSize / pixel_ratio_;
}

void ImGuiHost::beginFrame() {
  ImGui::SetCurrentContext(context_);
  const auto ratio = static_cast<float>(widget_.devicePixelRatioF());
  const float ui_font = uiFontPixels();
  if (ratio != pixel_ratio_ || ui_font != ui_font_pixels_) {
    // Text is rasterised for the screen it is on: stretched text is blurred.
    pixel_ratio_ = ratio;
    ui_font_pixels_ = ui_font;
    const bool first = fonts_.empty();
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    buildFonts();
    updateTheme();
    // The texture alone: with all device objects made anew the backend would still believe that its
    // vertex buffer has the size of the old one, and draw nothing. (The first time NewFrame makes
    // them.)
    if (!first) {
      ImGui_ImplOpenGL3_CreateFontsTexture();
    }
  }
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {static_cast<float>(widget_.width()), static_cast<float>(widget_.height())};
  io.DisplayFramebufferScale = {ratio, ratio};
  io.DeltaTime = std::max(1e-4F, static_cast<float>(clock_.nsecsElapsed()) * 1e-9F);
  clock_.restart();
#if IMGUI_VERSION_NUM < 18700
  for (std::size_t button = 0; button < mouse_down_.size(); ++button) {
    io.MouseDown[button] = mouse_down_[button] || pressed_since_frame_[button];
    pressed_since_frame_[button] = false;
  }
  for (std::size_t key = 0; key < kKeyCount; ++key) {
    io.KeysDown[key] = key_down_[key] || key_pressed_since_frame_[key];
    key_pressed_since_frame_[key] = false;
  }
#endif
  ImGui_ImplOpenGL3_NewFrame();
  ImGui::NewFrame();
}

void ImGuiHost::endFrame() {
  ImGui::SetCurrentContext(context_);
  ImGui::Render();
  // Draws into whatever framebuffer is bound: QOpenGLWidget's own, which is not 0.
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  updateCursor();
}

void ImGuiHost::updateCursor() {
  // Over the wall the canvas sets the cursor itself.
  if (!ImGui::GetIO().WantCaptureMouse) {
    return;
  }
  switch (ImGui::GetMouseCursor()) {
    case ImGuiMouseCursor_TextInput:
      widget_.setCursor(Qt::IBeamCursor);
      break;
    case ImGuiMouseCursor_ResizeEW:
      widget_.setCursor(Qt::SizeHorCursor);
      break;
    case ImGuiMouseCursor_Hand:
      widget_.setCursor(Qt::PointingHandCursor);
      break;
    default:
      widget_.unsetCursor();
      break;
  }
}

bool ImGuiHost::wantsText() const {
  ImGui::SetCurrentContext(context_);
  return ImGui::GetIO().WantTextInput;
}

void ImGuiHost::navigate(const char* window) {
  ImGui::SetCurrentContext(context_);
  navigating_ = window != nullptr;
  ImGuiIO& io = ImGui::GetIO();
  if (navigating_) {
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
  } else {
    io.ConfigFlags &= ~ImGuiConfigFlags_NavEnableKeyboard;
  }
  ImGui::SetWindowFocus(window);
  // The first arrow marks the first control.
#if IMGUI_VERSION_NUM < 18700
  key_down_.fill(false);
  for (std::size_t k = 0; k < kKeyCount; ++k) {
    key_pressed_since_frame_[k] = navigating_ && kKeys[k].first == Qt::Key_Right;
  }
#else
  if (navigating_) {
    io.AddKeyEvent(ImGuiKey_RightArrow, true);
    io.AddKeyEvent(ImGuiKey_RightArrow, false);
  }
#endif
}

bool ImGuiHost::hasPopup() const {
  ImGui::SetCurrentContext(context_);
  return ImGui::IsPopupOpen(nullptr, ImGuiPopupFlags_AnyPopup);
}

void ImGuiHost::closePopups() {
  ImGui::SetCurrentContext(context_);
  ImGui::SetWindowFocus(nullptr);
}

void ImGuiHost::feed(const QEvent& event) {
  ImGui::SetCurrentContext(context_);
  ImGuiIO& io = ImGui::GetIO();
  switch (event.type()) {
    case QEvent::MouseMove:
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonDblClick:
    case QEvent::MouseButtonRelease:
      feedMouse(static_cast<const QMouseEvent&>(event));
      break;
    case QEvent::Wheel: {
      const QPoint angle = static_cast<const QWheelEvent&>(event).angleDelta();
      const float x = static_cast<float>(angle.x()) / 120;
      const float y = static_cast<float>(angle.y()) / 120;
#if IMGUI_VERSION_NUM < 18700
      io.MouseWheelH += x;
      io.MouseWheel += y;
#else
      io.AddMouseWheelEvent(x, y);
#endif
      break;
    }
    case QEvent::Leave:
#if IMGUI_VERSION_NUM < 18700
      io.MousePos = {kNowhere, kNowhere};
#else
      io.AddMousePosEvent(kNowhere, kNowhere);
#endif
      break;
    case QEvent::KeyPress:
    case QEvent::KeyRelease:
      feedKey(static_cast<const QKeyEvent&>(event));
      break;
    default:
      break;
  }
}

void ImGuiHost::feedMouse(const QMouseEvent& event) {
  ImGuiIO& io = ImGui::GetIO();
  const auto x = static_cast<float>(event.position().x());
  const auto y = static_cast<float>(event.position().y());
  const int button = buttonIndex(event.button());
  const bool down = event.type() != QEvent::MouseButtonRelease;
  const bool changes = event.type() != QEvent::MouseMove && button >= 0;
#if IMGUI_VERSION_NUM < 18700
  io.MousePos = {x, y};
  io.KeyCtrl = event.modifiers().testFlag(Qt::ControlModifier);
  io.KeyShift = event.modifiers().testFlag(Qt::ShiftModifier);
  io.KeyAlt = event.modifiers().testFlag(Qt::AltModifier);
  if (changes) {
    const auto index = static_cast<std::size_t>(button);
    mouse_down_[index] = down;
    pressed_since_frame_[index] = pressed_since_frame_[index] || down;
  }
#else
  io.AddKeyEvent(ImGuiMod_Ctrl, event.modifiers().testFlag(Qt::ControlModifier));
  io.AddKeyEvent(ImGuiMod_Shift, event.modifiers().testFlag(Qt::ShiftModifier));
  io.AddKeyEvent(ImGuiMod_Alt, event.modifiers().testFlag(Qt::AltModifier));
  io.AddMousePosEvent(x, y);
  if (changes) {
    io.AddMouseButtonEvent(button, down);
  }
#endif
}

void ImGuiHost::feedKey(const QKeyEvent& event) {
  ImGuiIO& io = ImGui::GetIO();
  const bool down = event.type() == QEvent::KeyPress;
  const bool control = event.modifiers().testFlag(Qt::ControlModifier);
#if IMGUI_VERSION_NUM < 18700
  io.KeyCtrl = control;
  io.KeyShift = event.modifiers().testFlag(Qt::ShiftModifier);
  io.KeyAlt = event.modifiers().testFlag(Qt::AltModifier);
#else
  io.AddKeyEvent(ImGuiMod_Ctrl, control);
  io.AddKeyEvent(ImGuiMod_Shift, event.modifiers().testFlag(Qt::ShiftModifier));
  io.AddKeyEvent(ImGuiMod_Alt, event.modifiers().testFlag(Qt::AltModifier));
#endif
  const int key = event.key() == Qt::Key_Enter ? int{Qt::Key_Return} : event.key();
  for (std::size_t k = 0; k < kKeys.size(); ++k) {
    if (kKeys[k].first == key) {
#if IMGUI_VERSION_NUM < 18700
      key_down_[k] = down;
      key_pressed_since_frame_[k] = key_pressed_since_frame_[k] || down;
#else
      io.AddKeyEvent(kKeys[k].second, down);
#endif
    }
  }
  if (down && !control && !event.text().isEmpty() && event.text().at(0).isPrint()) {
    io.AddInputCharactersUTF8(event.text().toUtf8().constData());
  }
}

void ImGuiHost::updateTheme() {
  ImGui::SetCurrentContext(context_);
  const QPalette palette = widget_.palette();
  const QColor window = palette.color(QPalette::Window);
  const QColor text = palette.color(QPalette::WindowText);
  const QColor accent = palette.color(QPalette::Highlight);
  ImGuiStyle style;
  style.WindowPadding = {10, 7};
  style.FramePadding = {8, 3};
  style.ItemSpacing = {6, 5};
  style.WindowRounding = 0;
  style.PopupRounding = 5;
  style.FrameRounding = 4;
  style.GrabRounding = 3;
  style.GrabMinSize = 9;
  style.WindowBorderSize = 0;
  style.PopupBorderSize = 1;
  style.FrameBorderSize = 0;
  style.Colors[ImGuiCol_Text] = toImGui(text);
  style.Colors[ImGuiCol_TextDisabled] = toImGui(mixed(text, window, 0.4));
  style.Colors[ImGuiCol_WindowBg] = toImGui(window);
  style.Colors[ImGuiCol_PopupBg] = toImGui(mixed(window, palette.color(QPalette::Base), 0.6));
  style.Colors[ImGuiCol_Border] = toImGui(mixed(window, text, 0.25));
  style.Colors[ImGuiCol_FrameBg] = toImGui(mixed(window, text, 0.10));
  style.Colors[ImGuiCol_FrameBgHovered] = toImGui(mixed(window, text, 0.16));
  style.Colors[ImGuiCol_FrameBgActive] = toImGui(mixed(window, text, 0.20));
  style.Colors[ImGuiCol_Button] = toImGui(mixed(window, text, 0.09));
  style.Colors[ImGuiCol_ButtonHovered] = toImGui(mixed(window, text, 0.18));
  style.Colors[ImGuiCol_ButtonActive] = toImGui(accent);
  style.Colors[ImGuiCol_SliderGrab] = toImGui(accent);
  style.Colors[ImGuiCol_SliderGrab].w = 0.5F;  // the number stands on it
  style.Colors[ImGuiCol_SliderGrabActive] = toImGui(accent);
  style.Colors[ImGuiCol_CheckMark] = toImGui(accent);
  style.Colors[ImGuiCol_Header] = toImGui(accent, 0.35F);
  style.Colors[ImGuiCol_HeaderHovered] = toImGui(accent, 0.5F);
  style.Colors[ImGuiCol_HeaderActive] = toImGui(accent, 0.7F);
  style.Colors[ImGuiCol_Separator] = toImGui(mixed(window, text, 0.2));
  ImGui::GetStyle() = style;
}

}  // namespace limoe::gui
