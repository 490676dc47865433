// Our pages set no formulas, yet JupyterLab's front end asks for MathJax. This answers it from here, and does nothing.
window.MathJax = {
  Hub: { Config() {}, Configured() {}, Queue() {}, Register: { StartupHook() {}, MessageHook() {} }, getAllJax: () => [] },
};
